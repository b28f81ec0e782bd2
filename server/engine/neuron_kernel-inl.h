// The inner loop of all neuron models, once for each vector instruction set. A
// model's file includes this after hwy/foreach_target.h and gives a struct
//
//   struct Dynamics {
//     static constexpr size_t kStates, kReceptors;
//     // Whether arriving weights belong to the step's own change of potential.
//     static constexpr bool kArrivesAtOnce;
//     // The potential at the end of a step that is not refractory; `arriving`
//     // is zero unless kArrivesAtOnce.
//     static V Potential(const V (&s)[kStates], const auto& c, size_t lane, V drive, V arriving);
//     // What else a step changes.
//     static void Decay(V (&s)[kStates], const auto& c, size_t lane);
//     // Adds what arrives at a receptor, after that.
//     static void Arrive(V (&s)[kStates], const auto& c, size_t lane, size_t receptor, V weights);
//   };
//
// where `c(k, lane)` is constant k.

#if defined(SPIKED_NEURON_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPIKED_NEURON_KERNEL_INL_H_
#undef SPIKED_NEURON_KERNEL_INL_H_
#else
#define SPIKED_NEURON_KERNEL_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
#include "server/engine/neuron_model.h"

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

// Vectors whose state is held in registers at a time: enough to hide the
// latency of one step behind those of its neighbours, few enough to fit.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr size_t kMaxVectors = 4;
#else
inline constexpr size_t kMaxVectors = 2;
#endif

// The constants of the neurons: the same for all lanes, or read for each.
template <bool uniform>
struct Constants;

template <>
struct Constants<true> {
  V values[kMaxConstants];
  Constants(const NeuronView& view, size_t n) {
    for (size_t k = 0; k < n; ++k) values[k] = hn::Set(D(), view.constants[k]);
  }
  HWY_INLINE V operator()(size_t k, size_t) const { return values[k]; }
};

template <>
struct Constants<false> {
  const double* values;
  size_t stride;
  Constants(const NeuronView& view, size_t) : values(view.constants), stride(view.stride) {}
  HWY_INLINE V operator()(size_t k, size_t lane) const {
    return hn::Load(D(), values + k * stride + lane);
  }
};

// The larger one; NaN stays NaN.
HWY_INLINE V AtLeast(V x, V bound) { return hn::IfThenElse(hn::Lt(x, bound), bound, x); }

template <class Dynamics, size_t n, bool uniform>
HWY_INLINE bool AdvanceVectors(const NeuronView& view, size_t first, Step from, Step to,
                               std::pmr::vector<NeuronSpike>* spikes) {
  constexpr size_t kStates = Dynamics::kStates;
  const D d;
  const size_t width = hn::Lanes(d);
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0);
  const V largest = hn::Set(d, std::numeric_limits<double>::max());
  const Constants<uniform> c(view, Dynamics::kConstants);
  bool finite = true;

  V s[n][kStates], refractory[n], drive[n];
  for (size_t g = 0; g < n; ++g) {
    const size_t lane = first + g * width;
    for (size_t k = 0; k < kStates; ++k) s[g][k] = hn::Load(d, view.states[k] + lane);
    refractory[g] = hn::Load(d, view.refractory + lane);
    drive[g] = hn::Load(d, view.drive + lane);
  }
  // Most of the time no neuron is refractory, and none need count.
  bool resting = true;
  for (size_t g = 0; g < n; ++g) {
    resting = resting && hn::AllTrue(d, hn::Eq(refractory[g], zero));
  }
  const auto move = [&](auto at_rest, size_t g, V free_v) HWY_ATTR {
    if constexpr (at_rest) {
      s[g][0] = free_v;
    } else {
      s[g][0] = hn::IfThenElse(hn::Gt(refractory[g], zero), s[g][0], free_v);
      refractory[g] = hn::Max(hn::Sub(refractory[g], one), zero);
    }
  };
  const auto step = [&](auto at_rest, size_t slot) HWY_ATTR {
    if constexpr (Dynamics::kArrivesAtOnce) {
      static_assert(Dynamics::kReceptors == 1);
      double* row = view.rings[0] + slot * view.stride + first;
      const bool occupied = view.occupied[0][slot] != 0;
      for (size_t g = 0; g < n; ++g) {
        const V arriving = occupied ? hn::Load(d, row + g * width) : zero;
        if (occupied) hn::Store(zero, d, row + g * width);
        move(at_rest, g, Dynamics::Potential(s[g], c, first + g * width, drive[g], arriving));
      }
    } else {
      for (size_t g = 0; g < n; ++g) {
        const size_t lane = first + g * width;
        move(at_rest, g, Dynamics::Potential(s[g], c, lane, drive[g], zero));
        Dynamics::Decay(s[g], c, lane);
      }
      for (size_t receptor = 0; receptor < Dynamics::kReceptors; ++receptor) {
        if (!view.occupied[receptor][slot]) continue;
        double* row = view.rings[receptor] + slot * view.stride + first;
        for (size_t g = 0; g < n; ++g) {
          Dynamics::Arrive(s[g], c, first + g * width, receptor, hn::Load(d, row + g * width));
          hn::Store(zero, d, row + g * width);
        }
      }
    }
  };
  for (Step arrival = from + 1; arrival <= to; ++arrival) {
    const size_t slot = static_cast<size_t>(arrival) & view.slot_mask;
    if (HWY_LIKELY(resting)) {
      step(std::true_type(), slot);
    } else {
      step(std::false_type(), slot);
    }
    M fired[n];
    for (size_t g = 0; g < n; ++g) fired[g] = hn::Ge(s[g][0], c(kThreshold, first + g * width));
    M any = fired[0];
    for (size_t g = 1; g < n; ++g) any = hn::Or(any, fired[g]);
    if (HWY_UNLIKELY(!hn::AllFalse(d, any))) {
      resting = false;
      for (size_t g = 0; g < n; ++g) {
        finite = finite && hn::AllTrue(d, hn::Le(s[g][0], largest));
        const size_t lane = first + g * width;
        s[g][0] = hn::IfThenElse(fired[g], c(kReset, lane), s[g][0]);
        refractory[g] = hn::IfThenElse(fired[g], c(kRefractorySteps, lane), refractory[g]);
        uint8_t bytes[8] = {};  // StoreMaskBits writes at least one byte
        hn::StoreMaskBits(d, fired[g], bytes);
        for (size_t k = 0; k < width; ++k) {
          if (((bytes[0] >> k) & 1) && lane + k < view.lanes) {
            spikes->push_back({arrival, static_cast<uint32_t>(lane + k)});
          }
        }
      }
    }
  }
  for (size_t g = 0; g < n; ++g) {
    const size_t lane = first + g * width;
    V zeros = zero;  // x - x is 0 for finite numbers alone
    for (size_t k = 0; k < kStates; ++k) {
      hn::Store(s[g][k], d, view.states[k] + lane);
      zeros = hn::Add(zeros, hn::Sub(s[g][k], s[g][k]));
    }
    hn::Store(refractory[g], d, view.refractory + lane);
    finite = finite && hn::AllTrue(d, hn::Eq(zeros, zero));
  }
  return finite;
}

template <class Dynamics, bool uniform>
HWY_INLINE bool AdvanceLanes(const NeuronView& view, size_t begin, size_t end, Step from, Step to,
                             std::pmr::vector<NeuronSpike>* spikes) {
  const size_t width = hn::Lanes(D());
  const size_t vectors = (end - begin) / width;
  // Runs of about equal length, so that none is left with a single vector.
  const size_t runs = (vectors + kMaxVectors - 1) / kMaxVectors;
  size_t done = 0;
  bool finite = true;
  for (size_t run = 0; run < runs; ++run) {
    const size_t n = (vectors - done + (runs - run) - 1) / (runs - run);
    const size_t first = begin + done * width;
    bool good = true;
    if (n == 1) {
      good = AdvanceVectors<Dynamics, 1, uniform>(view, first, from, to, spikes);
    } else if (n == 2) {
      good = AdvanceVectors<Dynamics, 2, uniform>(view, first, from, to, spikes);
    } else if constexpr (kMaxVectors > 2) {
      good = n == 3 ? AdvanceVectors<Dynamics, 3, uniform>(view, first, from, to, spikes)
                    : AdvanceVectors<Dynamics, 4, uniform>(view, first, from, to, spikes);
    }
    finite = good && finite;
    done += n;
  }
  return finite;
}

template <class Dynamics>
HWY_INLINE bool AdvanceNeurons(const NeuronView& view, size_t first, size_t end, Step from, Step to,
                               std::pmr::vector<NeuronSpike>* spikes) {
  return view.uniform ? AdvanceLanes<Dynamics, true>(view, first, end, from, to, spikes)
                      : AdvanceLanes<Dynamics, false>(view, first, end, from, to, spikes);
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
