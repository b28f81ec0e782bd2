#include "server/engine/neuron_group.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "server/engine/math/negligible.h"
#include "server/engine/repeated_sum.h"

namespace spiked::engine {
namespace {

constexpr size_t kAlignment = 64;

size_t Padded(size_t n) { return (n + kLanePadding - 1) / kLanePadding * kLanePadding; }

}  // namespace

void NeuronGroup::Free::operator()(double* p) const {
  memory->deallocate(p, size * sizeof(double), kAlignment);
}

NeuronGroup::NeuronGroup(const NeuronModel& model, std::span<const Constants> constants,
                         std::span<const Neuron> neurons, Step horizon, Memory memory)
    : model_(model), state_(memory) {
  const size_t lanes = neurons.size(), stride = Padded(lanes);
  const size_t slots = std::bit_ceil(static_cast<size_t>(horizon));
  const bool uniform = constants.size() == 1;
  const size_t constants_size = uniform ? Padded(model.constants) : model.constants * stride;
  // Beside states: refractoriness, drive, constant current.
  const size_t size = constants_size + (model.states + 3 + model.receptors * slots) * stride;
  block_ = {static_cast<double*>(memory->allocate(size * sizeof(double), kAlignment)),
            Free{memory, size}};
  std::fill_n(block_.get(), size, 0.0);
  state_.occupied.resize(model.receptors * slots);

  double* next = block_.get();
  const auto take = [&next](size_t n) { return std::exchange(next, next + n); };
  double* constant_array = take(constants_size);
  view_ = {.lanes = lanes,
           .stride = stride,
           .constants = constant_array,
           .uniform = uniform,
           .states = {},
           .refractory = nullptr,
           .drive = nullptr,
           .rings = {},
           .occupied = {},
           .slot_mask = slots - 1};
  state_.variables = {next, (model.states + 1) * stride};
  for (size_t k = 0; k < model.states; ++k) view_.states[k] = take(stride);
  view_.refractory = take(stride);
  view_.drive = drive_ = take(stride);
  constant_current_ = take(stride);
  state_.rings = {next, model.receptors * slots * stride};
  for (size_t k = 0; k < model.receptors; ++k) {
    view_.rings[k] = take(slots * stride);
    view_.occupied[k] = state_.occupied.data() + k * slots;
  }

  for (size_t k = 0; k < model.constants; ++k) {
    if (uniform) {
      constant_array[k] = constants[0].values[k];
      continue;
    }
    for (size_t lane = 0; lane < stride; ++lane) {
      constant_array[k * stride + lane] = constants[std::min(lane, lanes - 1)].values[k];
    }
  }
  for (size_t lane = 0; lane < lanes; ++lane) {
    for (size_t k = 0; k < model.states; ++k) view_.states[k][lane] = neurons[lane].states[k];
    constant_current_[lane] = neurons[lane].constant_current;
    drive_[lane] = constant_current_[lane] * ConstantOf(kDriveFactor, lane);
  }
}

NeuronGroup::NeuronGroup(const NeuronGroup& other, std::span<const uint32_t> lanes,
                         std::span<const Constants> constants, Step horizon, Step now,
                         Memory memory)
    : NeuronGroup(other.model_, constants, other.NeuronsAt(lanes), horizon, memory) {
  diverged_ = other.diverged();
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    view_.refractory[lane] = other.view_.refractory[lanes[lane]];
  }
  const Step reach = static_cast<Step>(std::min(other.view_.slot_mask, view_.slot_mask)) + 1;
  for (Step arrival = now + 1; arrival <= now + reach; ++arrival) {
    const size_t from = static_cast<size_t>(arrival) & other.view_.slot_mask;
    const size_t to = static_cast<size_t>(arrival) & view_.slot_mask;
    for (size_t k = 0; k < model_.receptors; ++k) {
      if (other.view_.occupied[k][from] == 0) continue;
      Occupy(k, to);
      const double* weights = other.view_.rings[k] + from * other.view_.stride;
      double* place = view_.rings[k] + to * view_.stride;
      for (size_t lane = 0; lane < lanes.size(); ++lane) place[lane] = weights[lanes[lane]];
    }
  }
}

std::vector<NeuronGroup::Neuron> NeuronGroup::NeuronsAt(std::span<const uint32_t> lanes) const {
  std::vector<Neuron> neurons(lanes.size());
  for (size_t k = 0; k < lanes.size(); ++k) {
    for (size_t s = 0; s < model_.states; ++s) neurons[k].states[s] = view_.states[s][lanes[k]];
    neurons[k].constant_current = constant_current_[lanes[k]];
  }
  return neurons;
}

std::vector<NeuronGroup::Constants> NeuronGroup::constants() const {
  std::vector<Constants> constants;
  const uint32_t n = view_.uniform ? 1 : static_cast<uint32_t>(lanes());
  for (uint32_t lane = 0; lane < n; ++lane) constants.push_back(ConstantsAt(lane));
  return constants;
}

NeuronGroup::Constants NeuronGroup::ConstantsAt(uint32_t lane) const {
  Constants constants;
  for (size_t k = 0; k < model_.constants; ++k) constants.values[k] = ConstantOf(k, lane);
  return constants;
}

void NeuronGroup::AddWeights(Step arrival, uint32_t first, const uint32_t* targets,
                             const double* weights, size_t n, double factor) {
  const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
  double* ex = view_.rings[0] + slot * view_.stride + first;
  if (!model_.by_sign) {
    for (size_t k = 0; k < n; ++k) ex[targets[k]] += weights[k] * factor;
    if (n > 0) Occupy(0, slot);
    return;
  }
  double* in = view_.rings[1] + slot * view_.stride + first;
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

void NeuronGroup::AddWeight(Step arrival, uint32_t first, const uint32_t* targets, double weight,
                            size_t n) {
  const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
  const size_t receptor = ReceptorOf(weight);
  double* row = view_.rings[receptor] + slot * view_.stride + first;
  for (size_t k = 0; k < n; ++k) row[targets[k]] += weight;
  if (n > 0) Occupy(receptor, slot);
}

void NeuronGroup::AddWeightRepeatedly(Step arrival, uint32_t lane, double weight, uint64_t times) {
  const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
  const size_t receptor = ReceptorOf(weight);
  double& sum = view_.rings[receptor][slot * view_.stride + lane];
  sum = AddRepeatedly(sum, weight, times);
  Occupy(receptor, slot);
}

void NeuronGroup::SetDeviceCurrents(std::span<const double> currents) {
  if (view_.uniform) {
    const double factor = view_.constants[kDriveFactor];
    for (size_t lane = 0; lane < lanes(); ++lane) {
      drive_[lane] = (constant_current_[lane] + currents[lane]) * factor;
    }
    return;
  }
  const double* factors = view_.constants + kDriveFactor * view_.stride;
  for (size_t lane = 0; lane < lanes(); ++lane) {
    drive_[lane] = (constant_current_[lane] + currents[lane]) * factors[lane];
  }
}

void NeuronGroup::Save(StateWriter& write, uint32_t first, uint32_t lanes) const {
  State::Members(state_, view_.stride, first, lanes, write);
}

void NeuronGroup::Restore(StateReader& read, uint32_t first, uint32_t lanes) {
  // Something may be under way to other lanes, too.
  const std::pmr::vector<uint8_t> others(state_.occupied, state_.occupied.get_allocator());
  State::Members(state_, view_.stride, first, lanes, read);
  for (size_t slot = 0; slot < others.size(); ++slot) state_.occupied[slot] |= others[slot];
  for (uint32_t lane = first; lane < first + lanes; ++lane) {
    drive_[lane] = constant_current_[lane] * ConstantOf(kDriveFactor, lane);
  }
}

void NeuronGroup::Advance(Step from, Step to, uint32_t first,
                          std::pmr::vector<NeuronSpike>* spikes) {
  const size_t end = std::min<size_t>(view_.stride, size_t{first} + kBlockLanes);
  while (from < to) {
    const Step tidy = (from / kTidySteps + 1) * kTidySteps, until = std::min(to, tidy);
    if (!model_.advance(view_, first, end, from, until, spikes)) {
      diverged_.store(true, std::memory_order_relaxed);
    }
    if (until == tidy) ForgetNegligible(first, end);
    from = until;
  }
}

void NeuronGroup::ForgetNegligible(size_t first, size_t end) {
  // A potential stays where being at rest would be a spike.
  for (size_t lane = first; lane < end; ++lane) {
    double& potential = view_.states[0][lane];
    if (ConstantOf(kThreshold, lane) > 0) potential = WithoutNegligible(potential);
  }
  for (size_t k = 1; k < model_.states; ++k) {
    for (size_t lane = first; lane < end; ++lane) {
      view_.states[k][lane] = WithoutNegligible(view_.states[k][lane]);
    }
  }
}

bool NeuronGroup::IsFinite(uint32_t lane) const {
  // A potential that is finite again after a spike was driven by what is not.
  bool finite = std::isfinite(drive_[lane]);
  for (size_t k = 0; k < model_.states; ++k) {
    finite = finite && std::isfinite(view_.states[k][lane]);
  }
  return finite;
}

void NeuronGroup::ForgetArrivals(Step from, Step to) {
  const size_t slots = view_.slot_mask + 1;
  const size_t begin = static_cast<size_t>(from + 1) & view_.slot_mask;
  const size_t number = static_cast<size_t>(to - from);
  const size_t before_end = std::min(number, slots - begin);
  for (size_t k = 0; k < model_.receptors; ++k) {
    uint8_t* occupied = state_.occupied.data() + k * slots;
    std::fill_n(occupied + begin, before_end, uint8_t{0});
    std::fill_n(occupied, number - before_end, uint8_t{0});
  }
}

}  // namespace spiked::engine
