// The inner loop of iaf_psc_exp, once for each vector instruction set.
#include <algorithm>
#include <cstddef>
#include <limits>

#include "server/engine/iaf_psc_exp.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/iaf_kernel.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

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
constexpr size_t kMaxVectors = 4;
#else
constexpr size_t kMaxVectors = 2;
#endif

// A constant of the neurons: the same for all lanes, or read for each.
template <bool uniform>
struct Constant;

template <>
struct Constant<true> {
  V value;
  Constant(const IafView& view, size_t number) : value(hn::Set(D(), view.constants[number])) {}
  HWY_INLINE V operator[](size_t) const { return value; }
};

template <>
struct Constant<false> {
  const double* values;
  Constant(const IafView& view, size_t number) : values(view.constants + number * view.stride) {}
  HWY_INLINE V operator[](size_t lane) const { return hn::Load(D(), values + lane); }
};

constexpr double kLargest = std::numeric_limits<double>::max();

#define SPIKED_IAF_CONSTANT(name) \
  const Constant<uniform> name(view, offsetof(IafConstants, name) / sizeof(double))

template <size_t n, bool uniform>
HWY_INLINE bool AdvanceVectors(const IafView& view, size_t first, Step from, Step to,
                               std::vector<IafSpike>* spikes) {
  const D d;
  const size_t width = hn::Lanes(d);
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0);
  SPIKED_IAF_CONSTANT(p22);
  SPIKED_IAF_CONSTANT(p21_ex);
  SPIKED_IAF_CONSTANT(p21_in);
  SPIKED_IAF_CONSTANT(p11_ex);
  SPIKED_IAF_CONSTANT(p11_in);
  SPIKED_IAF_CONSTANT(threshold);
  SPIKED_IAF_CONSTANT(reset);
  SPIKED_IAF_CONSTANT(refractory_steps);

  bool finite = true;
  V v[n], ex[n], in[n], refractory[n], drive[n];
  for (size_t g = 0; g < n; ++g) {
    const size_t lane = first + g * width;
    v[g] = hn::Load(d, view.potential + lane);
    ex[g] = hn::Load(d, view.current_ex + lane);
    in[g] = hn::Load(d, view.current_in + lane);
    refractory[g] = hn::Load(d, view.refractory + lane);
    drive[g] = hn::Load(d, view.drive + lane);
  }
  for (Step arrival = from + 1; arrival <= to; ++arrival) {
    const size_t slot = static_cast<size_t>(arrival) & view.slot_mask;
    M fired[n];
    for (size_t g = 0; g < n; ++g) {
      const size_t lane = first + g * width;
      const V free_v =
          hn::Add(hn::Add(hn::Add(hn::Mul(v[g], p22[lane]), hn::Mul(ex[g], p21_ex[lane])),
                          hn::Mul(in[g], p21_in[lane])),
                  drive[g]);
      v[g] = hn::IfThenElse(hn::Gt(refractory[g], zero), v[g], free_v);
      refractory[g] = hn::Max(hn::Sub(refractory[g], one), zero);
      ex[g] = hn::Mul(ex[g], p11_ex[lane]);
      in[g] = hn::Mul(in[g], p11_in[lane]);
    }
    if (view.occupied_ex[slot]) {
      double* row = view.ring_ex + slot * view.stride + first;
      for (size_t g = 0; g < n; ++g) {
        ex[g] = hn::Add(ex[g], hn::Load(d, row + g * width));
        hn::Store(zero, d, row + g * width);
      }
    }
    if (view.occupied_in[slot]) {
      double* row = view.ring_in + slot * view.stride + first;
      for (size_t g = 0; g < n; ++g) {
        in[g] = hn::Add(in[g], hn::Load(d, row + g * width));
        hn::Store(zero, d, row + g * width);
      }
    }
    for (size_t g = 0; g < n; ++g) fired[g] = hn::Ge(v[g], threshold[first + g * width]);
    M any = fired[0];
    for (size_t g = 1; g < n; ++g) any = hn::Or(any, fired[g]);
    if (HWY_UNLIKELY(!hn::AllFalse(d, any))) {
      for (size_t g = 0; g < n; ++g) {
        finite = finite && hn::AllTrue(d, hn::Le(v[g], hn::Set(d, kLargest)));
        const size_t lane = first + g * width;
        v[g] = hn::IfThenElse(fired[g], reset[lane], v[g]);
        refractory[g] = hn::IfThenElse(fired[g], refractory_steps[lane], refractory[g]);
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
    hn::Store(v[g], d, view.potential + lane);
    hn::Store(ex[g], d, view.current_ex + lane);
    hn::Store(in[g], d, view.current_in + lane);
    hn::Store(refractory[g], d, view.refractory + lane);
    // x - x is 0 for finite numbers alone.
    const V zeros =
        hn::Add(hn::Add(hn::Sub(v[g], v[g]), hn::Sub(ex[g], ex[g])), hn::Sub(in[g], in[g]));
    finite = finite && hn::AllTrue(d, hn::Eq(zeros, zero));
  }
  return finite;
}

#undef SPIKED_IAF_CONSTANT

template <bool uniform>
HWY_INLINE bool AdvanceLanes(const IafView& view, size_t begin, size_t end, Step from, Step to,
                             std::vector<IafSpike>* spikes) {
  const size_t width = hn::Lanes(D());
  const size_t vectors = (end - begin) / width;
  // Runs of about equal length, so that none is left with a single vector.
  const size_t runs = (vectors + kMaxVectors - 1) / kMaxVectors;
  size_t done = 0;
  bool finite = true;
  for (size_t run = 0; run < runs; ++run) {
    const size_t n = (vectors - done + (runs - run) - 1) / (runs - run);
    const size_t first = begin + done * width;
    switch (n) {
      case 1:
        finite = AdvanceVectors<1, uniform>(view, first, from, to, spikes) && finite;
        break;
      case 2:
        finite = AdvanceVectors<2, uniform>(view, first, from, to, spikes) && finite;
        break;
      case 3:
        finite = AdvanceVectors<3, uniform>(view, first, from, to, spikes) && finite;
        break;
      default:
        finite = AdvanceVectors<4, uniform>(view, first, from, to, spikes) && finite;
        break;
    }
    done += n;
  }
  return finite;
}

bool AdvanceIaf(const IafView& view, size_t first, size_t end, Step from, Step to,
                std::vector<IafSpike>* spikes) {
  if (view.uniform) {
    return AdvanceLanes<true>(view, first, end, from, to, spikes);
  }
  return AdvanceLanes<false>(view, first, end, from, to, spikes);
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spiked::engine {

HWY_EXPORT(AdvanceIaf);

bool AdvanceIaf(const IafView& view, size_t first, size_t end, Step from, Step to,
                std::vector<IafSpike>* spikes) {
  return HWY_DYNAMIC_DISPATCH(AdvanceIaf)(view, first, end, from, to, spikes);
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
