#include "server/engine/math/gaussian.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/math/gaussian.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using U = hn::RebindToUnsigned<D>;
using VD = hn::Vec<D>;
using VU = hn::Vec<U>;

// a[0] + x (a[1] + x (a[2] + ...)), each product and sum rounded by itself.
template <size_t n>
HWY_INLINE VD Polynomial(VD x, const double (&a)[n]) {
  const D d;
  VD sum = hn::Set(d, a[n - 1]);
  for (size_t k = n - 1; k-- > 0;) sum = hn::Add(hn::Mul(sum, x), hn::Set(d, a[k]));
  return sum;
}

// Natural logarithm of u in (0, 1], u normal: u = m 2^e with m in [sqrt(1/2),
// sqrt(2)), and log m = 2 artanh((m - 1) / (m + 1)) by its series, whose next
// term is below 2^-50 of the whole there.
HWY_INLINE VD Log(VD u) {
  const D d;
  const U du;
  const VU bits = hn::BitCast(du, u);
  // Adding the distance from sqrt(1/2) to 1 carries into the exponent where m
  // would be too large.
  const VU shifted = hn::Add(bits, hn::Set(du, 0x3FF0000000000000u - 0x3FE6A09E667F3BCDu));
  const VU exponent = hn::ShiftRight<52>(shifted);
  const VD m = hn::BitCast(d, hn::Add(hn::And(shifted, hn::Set(du, 0x000FFFFFFFFFFFFFu)),
                                      hn::Set(du, 0x3FE6A09E667F3BCDu)));
  // The exponent as a double, by the mantissa of 2^52.
  const VD e = hn::Sub(hn::BitCast(d, hn::Or(exponent, hn::Set(du, 0x4330000000000000u))),
                       hn::Set(d, 0x1p52 + 1023.0));
  const VD one = hn::Set(d, 1.0);
  const VD s = hn::Div(hn::Sub(m, one), hn::Add(m, one));
  static constexpr double kArtanh[] = {2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7, 2.0 / 9,
                                       2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17};
  const VD log_m = hn::Mul(s, Polynomial(hn::Mul(s, s), kArtanh));
  return hn::Add(hn::Mul(e, hn::Set(d, 0.69314718055994530942)), log_m);
}

// Sine and cosine of 2 pi u for u in [0, 1): a quarter turn q and an angle in
// [-pi/4, pi/4], by their series.
HWY_INLINE void SinCosTurns(VD u, VD& sine, VD& cosine) {
  const D d;
  const U du;
  const VD quarters = hn::Mul(u, hn::Set(d, 4.0));
  const VD magic = hn::Set(d, 0x1p52);
  const VD rounded = hn::Add(quarters, magic);  // the integer is in its low bits
  const VD angle =
      hn::Mul(hn::Sub(quarters, hn::Sub(rounded, magic)), hn::Set(d, 1.57079632679489661923));
  const VD square = hn::Mul(angle, angle);
  static constexpr double kSine[] = {
      1.0,          -1.0 / 6,        1.0 / 120,        -1.0 / 5040,
      1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000};
  static constexpr double kCosine[] = {
      1.0,         -1.0 / 2,       1.0 / 24,        -1.0 / 720,
      1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200};
  const VD s = hn::Mul(angle, Polynomial(square, kSine));
  const VD c = Polynomial(square, kCosine);
  const VU q = hn::BitCast(du, rounded);
  // Odd quarters swap the two; the sign bits follow from bit 1 of q and q + 1.
  const auto odd = hn::RebindMask(d, hn::Ne(hn::And(q, hn::Set(du, 1)), hn::Zero(du)));
  const VU sign = hn::Set(du, 0x8000000000000000u);
  const VU sine_sign = hn::And(hn::ShiftLeft<62>(q), sign);
  const VU cosine_sign = hn::And(hn::ShiftLeft<62>(hn::Add(q, hn::Set(du, 1))), sign);
  sine = hn::BitCast(d, hn::Xor(hn::BitCast(du, hn::IfThenElse(odd, c, s)), sine_sign));
  cosine = hn::BitCast(d, hn::Xor(hn::BitCast(du, hn::IfThenElse(odd, s, c)), cosine_sign));
}

// Low 32 bits of each lane times the multiplier, all 64 bits of the product.
HWY_INLINE VU Product(VU a, VU multiplier) {
#if HWY_TARGET == HWY_SCALAR  // has no pairs of lanes
  return hn::Set(U(), (hn::GetLane(a) & 0xFFFFFFFFu) * hn::GetLane(multiplier));
#else
  const hn::Repartition<uint32_t, U> d32;
  return hn::MulEven(hn::BitCast(d32, a), hn::BitCast(d32, multiplier));
#endif
}

void GaussianPairs(RandomKey key, uint32_t stream, uint32_t first_index, uint64_t position,
                   size_t n, double* HWY_RESTRICT first, double* HWY_RESTRICT second) {
  const D d;
  const U du;
  const size_t lanes = hn::Lanes(d);
  const VU low = hn::Set(du, 0xFFFFFFFFu);
  const VU m0 = hn::Set(du, philox::kMultiplier0), m1 = hn::Set(du, philox::kMultiplier1);
  HWY_ALIGN double tail[2][HWY_MAX_BYTES / sizeof(double)];
  for (size_t i = 0; i < n; i += lanes) {
    // The four words of the counter, each in the low half of a lane; what is in
    // the high half does not matter until the end.
    VU c0 = hn::And(hn::Iota(du, static_cast<uint32_t>(first_index + i)), low);
    VU c1 = hn::Set(du, position & 0xFFFFFFFFu);
    VU c2 = hn::Set(du, position >> 32);
    VU c3 = hn::Set(du, stream);
    uint32_t k0 = key.low, k1 = key.high;
    for (int round = 0; round < philox::kRounds; ++round) {
      const VU p0 = Product(c0, m0), p1 = Product(c2, m1);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(du, k0));
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(du, k1));
      c1 = p1;
      c3 = p0;
      k0 += philox::kWeyl0;
      k1 += philox::kWeyl1;
    }
    const VU x = hn::Or(hn::And(c0, low), hn::ShiftLeft<32>(c1));
    const VU y = hn::Or(hn::And(c2, low), hn::ShiftLeft<32>(c3));
    // 52 random bits as the mantissa of a number in [1, 2).
    const VU exponent = hn::Set(du, 0x3FF0000000000000u);
    const VD fx = hn::BitCast(d, hn::Or(hn::ShiftRight<12>(x), exponent));
    const VD fy = hn::BitCast(d, hn::Or(hn::ShiftRight<12>(y), exponent));
    const VD radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0), Log(hn::Sub(hn::Set(d, 2.0), fx))));
    VD sine, cosine;
    SinCosTurns(hn::Sub(fy, hn::Set(d, 1.0)), sine, cosine);
    const VD a = hn::Mul(radius, cosine), b = hn::Mul(radius, sine);
    if (i + lanes <= n) {
      hn::StoreU(a, d, first + i);
      hn::StoreU(b, d, second + i);
    } else {
      hn::Store(a, d, tail[0]);
      hn::Store(b, d, tail[1]);
      for (size_t k = 0; i + k < n; ++k) {
        first[i + k] = tail[0][k];
        second[i + k] = tail[1][k];
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spiked::engine {

HWY_EXPORT(GaussianPairs);

void GaussianPairs(RandomKey key, uint32_t stream, uint32_t first_index, uint64_t position,
                   size_t n, double* first, double* second) {
  HWY_DYNAMIC_DISPATCH(GaussianPairs)(key, stream, first_index, position, n, first, second);
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
