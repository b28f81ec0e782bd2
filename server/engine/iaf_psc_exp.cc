#include "server/engine/iaf_psc_exp.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>
#include <utility>

#include "server/engine/math/exp.h"
#include "server/engine/repeated_sum.h"

namespace spiked::engine {
namespace {

constexpr std::align_val_t kAlignment{64};

// Effect of a unit of synaptic current at the beginning of a step of h on the
// potential at its end.
double CurrentPropagator(double tau_syn, double tau_m, double C_m, double h) {
  const double inverse_beta = (tau_m - tau_syn) / (tau_syn * tau_m);
  const double gamma = (tau_syn * tau_m) / (tau_m - tau_syn) / C_m;
  const double exact = gamma * Exp(-h / tau_syn) * Expm1(h * inverse_beta);
  // Equal time constants give 0 * inf; the limit is finite.
  return std::isnormal(exact) && exact > 0 ? exact : h / C_m * Exp(-h / tau_m);
}

}  // namespace

IafConstants IafConstants::Of(const IafParameters& p, const Grid& grid) {
  const double h = grid.resolution_ms();
  const double p22 = Exp(-h / p.tau_m);
  return {.p22 = p22,
          .p21_ex = CurrentPropagator(p.tau_syn_ex, p.tau_m, p.C_m, h),
          .p21_in = CurrentPropagator(p.tau_syn_in, p.tau_m, p.C_m, h),
          .p20 = p.tau_m / p.C_m * (1.0 - p22),
          .p11_ex = Exp(-h / p.tau_syn_ex),
          .p11_in = Exp(-h / p.tau_syn_in),
          .threshold = p.V_th - p.E_L,
          .reset = p.V_reset - p.E_L,
          .refractory_steps = static_cast<double>(grid.ToSteps(p.t_ref).value_or(0)),
          .rest = p.E_L};
}

void IafGroup::FreeAligned::operator()(double* p) const { ::operator delete[](p, kAlignment); }

IafGroup::IafGroup(std::vector<IafConstants> constants, const std::vector<IafParameters>& neurons,
                   Step horizon)
    : constants_(std::move(constants)) {
  const size_t lanes = neurons.size();
  const size_t stride = (lanes + kIafLanePadding - 1) / kIafLanePadding * kIafLanePadding;
  const size_t slots = std::bit_ceil(static_cast<size_t>(horizon));
  const bool uniform = constants_.size() == 1;
  const size_t constants_stride = uniform ? kIafLanePadding * 2 : kIafConstants * stride;

  block_size_ = constants_stride + 6 * stride + 2 * slots * stride;
  block_.reset(static_cast<double*>(::operator new[](block_size_ * sizeof(double), kAlignment)));
  std::fill_n(block_.get(), block_size_, 0.0);
  occupied_.resize(2 * slots);

  double* next = block_.get();
  const auto take = [&next](size_t n) { return std::exchange(next, next + n); };
  double* constant_array = take(constants_stride);
  view_ = {.lanes = lanes,
           .stride = stride,
           .constants = constant_array,
           .uniform = uniform,
           .potential = take(stride),
           .current_ex = take(stride),
           .current_in = take(stride),
           .refractory = take(stride),
           .drive = drive_ = take(stride),
           .ring_ex = nullptr,
           .ring_in = nullptr,
           .occupied_ex = occupied_.data(),
           .occupied_in = occupied_.data() + slots,
           .slot_mask = slots - 1};
  constant_current_ = take(stride);
  view_.ring_ex = take(slots * stride);
  view_.ring_in = take(slots * stride);

  static_assert(kIafConstants <= kIafLanePadding * 2);
  if (uniform) {
    std::memcpy(constant_array, constants_.data(), sizeof(IafConstants));
  } else {
    for (size_t lane = 0; lane < stride; ++lane) {
      double one[kIafConstants];
      std::memcpy(one, &constants_[std::min(lane, lanes - 1)], sizeof(one));
      for (size_t k = 0; k < kIafConstants; ++k) constant_array[k * stride + lane] = one[k];
    }
  }
  for (size_t lane = 0; lane < lanes; ++lane) {
    view_.potential[lane] = neurons[lane].V_m - neurons[lane].E_L;
    constant_current_[lane] = neurons[lane].I_e;
    drive_[lane] = constant_current_[lane] * ConstantsOf(lane).p20;
  }
}

size_t IafGroup::bytes() const {
  return block_size_ * sizeof(double) + occupied_.capacity() +
         constants_.capacity() * sizeof(IafConstants);
}

void IafGroup::AddWeights(Step arrival, uint32_t first, const uint32_t* targets,
                          const double* weights, size_t n, double factor) {
  const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
  double* ex = view_.ring_ex + slot * view_.stride + first;
  double* in = view_.ring_in + slot * view_.stride + first;
  bool any_ex = false, any_in = false;
  for (size_t k = 0; k < n; ++k) {
    const double weight = weights[k] * factor;
    if (weight > 0) {
      ex[targets[k]] += weight;
      any_ex = true;
    } else {
      in[targets[k]] += weight;
      any_in = true;
    }
  }
  if (any_ex) Occupy(0, slot);
  if (any_in) Occupy(1, slot);
}

void IafGroup::AddWeight(Step arrival, uint32_t first, const uint32_t* targets, double weight,
                         size_t n) {
  const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
  const bool positive = weight > 0;
  double* row = (positive ? view_.ring_ex : view_.ring_in) + slot * view_.stride + first;
  for (size_t k = 0; k < n; ++k) row[targets[k]] += weight;
  if (n > 0) Occupy(positive ? 0 : 1, slot);
}

void IafGroup::AddWeightRepeatedly(Step arrival, uint32_t lane, double weight, uint64_t times) {
  const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
  const bool positive = weight > 0;
  double& sum = (positive ? view_.ring_ex : view_.ring_in)[slot * view_.stride + lane];
  sum = AddRepeatedly(sum, weight, times);
  Occupy(positive ? 0 : 1, slot);
}

void IafGroup::SetDeviceCurrents(const std::vector<double>& currents) {
  if (view_.uniform) {
    const double p20 = constants_[0].p20;
    for (size_t lane = 0; lane < lanes(); ++lane) {
      drive_[lane] = (constant_current_[lane] + currents[lane]) * p20;
    }
    return;
  }
  for (size_t lane = 0; lane < lanes(); ++lane) {
    drive_[lane] = (constant_current_[lane] + currents[lane]) * constants_[lane].p20;
  }
}

void IafGroup::Advance(Step from, Step to, uint32_t first, std::vector<IafSpike>* spikes) {
  const size_t end = std::min<size_t>(view_.stride, size_t{first} + kBlockLanes);
  if (!AdvanceIaf(view_, first, end, from, to, spikes)) {
    diverged_.store(true, std::memory_order_relaxed);
  }
}

bool IafGroup::IsFinite(uint32_t lane) const {
  // A potential that is finite again after a spike was driven by what is not.
  return std::isfinite(view_.potential[lane]) && std::isfinite(view_.current_ex[lane]) &&
         std::isfinite(view_.current_in[lane]) && std::isfinite(drive_[lane]);
}

void IafGroup::ForgetArrivals(Step from, Step to) {
  for (Step arrival = from + 1; arrival <= to; ++arrival) {
    const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
    occupied_[slot] = occupied_[view_.slot_mask + 1 + slot] = 0;
  }
}

}  // namespace spiked::engine
