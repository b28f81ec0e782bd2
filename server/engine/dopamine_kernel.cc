// The inner loop of stdp_dopamine_synapse, once for each vector instruction set.
#include "server/engine/dopamine.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/dopamine_kernel.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE void FollowVector(D d, double* HWY_RESTRICT w, double* HWY_RESTRICT c, double slope,
                             double c_decay, double w_min, double w_max) {
  const auto c0 = hn::LoadU(d, c);
  const auto moved = hn::Sub(hn::LoadU(d, w), hn::Mul(c0, hn::Set(d, slope)));
  hn::StoreU(hn::Min(hn::Max(moved, hn::Set(d, w_min)), hn::Set(d, w_max)), d, w);
  hn::StoreU(hn::Mul(c0, hn::Set(d, c_decay)), d, c);
}

void FollowPiece(double* HWY_RESTRICT w, double* HWY_RESTRICT c, size_t n, double slope,
                 double c_decay, double w_min, double w_max) {
  const hn::ScalableTag<double> d;
  const size_t width = hn::Lanes(d);
  size_t k = 0;
  for (; k + width <= n; k += width) FollowVector(d, w + k, c + k, slope, c_decay, w_min, w_max);
  const hn::CappedTag<double, 1> one;
  for (; k < n; ++k) FollowVector(one, w + k, c + k, slope, c_decay, w_min, w_max);
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spiked::engine {

HWY_EXPORT(FollowPiece);

void FollowPiece(double* w, double* c, size_t n, double slope, double c_decay, double w_min,
                 double w_max) {
  HWY_DYNAMIC_DISPATCH(FollowPiece)(w, c, n, slope, c_decay, w_min, w_max);
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
