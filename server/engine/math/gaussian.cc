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

// Vectors that are computed side by side: enough to hide the latency of each
// operation behind the others, few enough for the registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
constexpr size_t kMaxVectors = 3;
#else
constexpr size_t kMaxVectors = 2;
#endif

// a[0] + x (a[1] + x (a[2] + ...)), each product and sum rounded by itself.
template <size_t vectors, size_t n>
HWY_INLINE void Polynomial(const VD (&x)[vectors], const double (&a)[n], VD (&sum)[vectors]) {
  const D d;
  for (VD& s : sum) s = hn::Set(d, a[n - 1]);
  for (size_t k = n - 1; k-- > 0;) {
    for (size_t g = 0; g < vectors; ++g) sum[g] = hn::Add(hn::Mul(sum[g], x[g]), hn::Set(d, a[k]));
  }
}

// Natural logarithm of u in (0, 1], u normal: u = m 2^e with m in [sqrt(1/2),
// sqrt(2)), and log m = 2 artanh((m - 1) / (m + 1)) by its series, whose next
// term is below 2^-50 of the whole there.
template <size_t vectors>
HWY_INLINE void Log(const VD (&u)[vectors], VD (&log)[vectors]) {
  const D d;
  const U du;
  const VD one = hn::Set(d, 1.0);
  VD e[vectors], s[vectors], square[vectors], sum[vectors];
  for (size_t g = 0; g < vectors; ++g) {
    const VU bits = hn::BitCast(du, u[g]);
    // Adding the distance from sqrt(1/2) to 1 carries into the exponent where m
    // would be too large.
    const VU shifted = hn::Add(bits, hn::Set(du, 0x3FF0000000000000u - 0x3FE6A09E667F3BCDu));
    const VU exponent = hn::ShiftRight<52>(shifted);
    const VD m = hn::BitCast(d, hn::Add(hn::And(shifted, hn::Set(du, 0x000FFFFFFFFFFFFFu)),
                                        hn::Set(du, 0x3FE6A09E667F3BCDu)));
    // The exponent as a double, by the mantissa of 2^52.
    e[g] = hn::Sub(hn::BitCast(d, hn::Or(exponent, hn::Set(du, 0x4330000000000000u))),
                   hn::Set(d, 0x1p52 + 1023.0));
    s[g] = hn::Div(hn::Sub(m, one), hn::Add(m, one));
    square[g] = hn::Mul(s[g], s[g]);
  }
  static constexpr double kArtanh[] = {2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7, 2.0 / 9,
                                       2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17};
  Polynomial(square, kArtanh, sum);
  for (size_t g = 0; g < vectors; ++g) {
    log[g] = hn::Add(hn::Mul(e[g], hn::Set(d, 0.69314718055994530942)), hn::Mul(s[g], sum[g]));
  }
}

// Sine and cosine of 2 pi u for u in [0, 1): a quarter turn q and an angle in
// [-pi/4, pi/4], by their series.
template <size_t vectors>
HWY_INLINE void SinCosTurns(const VD (&u)[vectors], VD (&sine)[vectors], VD (&cosine)[vectors]) {
  const D d;
  const U du;
  const VD magic = hn::Set(d, 0x1p52);
  VD rounded[vectors], angle[vectors], square[vectors], s[vectors], c[vectors];
  for (size_t g = 0; g < vectors; ++g) {
    const VD quarters = hn::Mul(u[g], hn::Set(d, 4.0));
    rounded[g] = hn::Add(quarters, magic);  // the integer is in its low bits
    angle[g] =
        hn::Mul(hn::Sub(quarters, hn::Sub(rounded[g], magic)), hn::Set(d, 1.57079632679489661923));
    square[g] = hn::Mul(angle[g], angle[g]);
  }
  static constexpr double kSine[] = {
      1.0,          -1.0 / 6,        1.0 / 120,        -1.0 / 5040,
      1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000};
  static constexpr double kCosine[] = {
      1.0,         -1.0 / 2,       1.0 / 24,        -1.0 / 720,
      1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200};
  Polynomial(square, kSine, s);
  Polynomial(square, kCosine, c);
  for (size_t g = 0; g < vectors; ++g) {
    s[g] = hn::Mul(angle[g], s[g]);
    const VU q = hn::BitCast(du, rounded[g]);
    // Odd quarters swap the two; the sign bits follow from bit 1 of q and q + 1.
    const auto odd = hn::RebindMask(d, hn::Ne(hn::And(q, hn::Set(du, 1)), hn::Zero(du)));
    const VU sign = hn::Set(du, 0x8000000000000000u);
    const VU sine_sign = hn::And(hn::ShiftLeft<62>(q), sign);
    const VU cosine_sign = hn::And(hn::ShiftLeft<62>(hn::Add(q, hn::Set(du, 1))), sign);
    sine[g] = hn::BitCast(d, hn::Xor(hn::BitCast(du, hn::IfThenElse(odd, c[g], s[g])), sine_sign));
    cosine[g] =
        hn::BitCast(d, hn::Xor(hn::BitCast(du, hn::IfThenElse(odd, s[g], c[g])), cosine_sign));
  }
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

// Keys of Philox's rounds, and the counter but for the index.
struct PhiloxInput {
  uint64_t keys[philox::kRounds][2];
  uint32_t stream;
  uint64_t position;
};

// Two uniform numbers in [0, 1) for each index from first_index on, in steps of
// 2^-52.
template <size_t vectors>
HWY_INLINE void Uniforms(const PhiloxInput& input, uint32_t first_index, VD (&x)[vectors],
                         VD (&y)[vectors]) {
  const D d;
  const U du;
  const VU low = hn::Set(du, 0xFFFFFFFFu);
  const VU m0 = hn::Set(du, philox::kMultiplier0), m1 = hn::Set(du, philox::kMultiplier1);
  // The four words of the counter, each in the low half of a lane; what is in
  // the high half does not matter until the end.
  VU c0[vectors], c1[vectors], c2[vectors], c3[vectors];
  for (size_t g = 0; g < vectors; ++g) {
    c0[g] = hn::And(hn::Iota(du, static_cast<uint32_t>(first_index + g * hn::Lanes(d))), low);
    c1[g] = hn::Set(du, input.position & 0xFFFFFFFFu);
    c2[g] = hn::Set(du, input.position >> 32);
    c3[g] = hn::Set(du, input.stream);
  }
  for (const uint64_t(&key)[2] : input.keys) {
    const VU k0 = hn::Set(du, key[0]), k1 = hn::Set(du, key[1]);
    for (size_t g = 0; g < vectors; ++g) {
      const VU p0 = Product(c0[g], m0), p1 = Product(c2[g], m1);
      c0[g] = hn::Xor3(hn::ShiftRight<32>(p1), c1[g], k0);
      c2[g] = hn::Xor3(hn::ShiftRight<32>(p0), c3[g], k1);
      c1[g] = p1;
      c3[g] = p0;
    }
  }
  // 52 random bits as the mantissa of a number in [1, 2).
  const VU exponent = hn::Set(du, 0x3FF0000000000000u);
  const VD one = hn::Set(d, 1.0);
  for (size_t g = 0; g < vectors; ++g) {
    const VU a = hn::Or(hn::And(c0[g], low), hn::ShiftLeft<32>(c1[g]));
    const VU b = hn::Or(hn::And(c2[g], low), hn::ShiftLeft<32>(c3[g]));
    x[g] = hn::Sub(hn::BitCast(d, hn::Or(hn::ShiftRight<12>(a), exponent)), one);
    y[g] = hn::Sub(hn::BitCast(d, hn::Or(hn::ShiftRight<12>(b), exponent)), one);
  }
}

// The pairs of the next `vectors` vectors, of which the first n lanes are kept.
template <size_t vectors>
HWY_INLINE void PairsOfVectors(const PhiloxInput& input, uint32_t first_index, size_t n,
                               double* HWY_RESTRICT first, double* HWY_RESTRICT second) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  VD x[vectors], y[vectors], log[vectors], sine[vectors], cosine[vectors];
  Uniforms(input, first_index, x, y);
  for (VD& u : x) u = hn::Sub(hn::Set(d, 1.0), u);
  Log(x, log);
  SinCosTurns(y, sine, cosine);
  HWY_ALIGN double tail[HWY_MAX_BYTES / sizeof(double)];
  const auto store = [&](VD v, size_t k, double* HWY_RESTRICT to) HWY_ATTR {
    if (k + lanes <= n) {
      hn::StoreU(v, d, to + k);
      return;
    }
    hn::Store(v, d, tail);
    for (size_t j = k; j < n; ++j) to[j] = tail[j - k];
  };
  for (size_t g = 0; g < vectors; ++g) {
    const VD radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0), log[g]));
    store(hn::Mul(radius, cosine[g]), g * lanes, first);
    store(hn::Mul(radius, sine[g]), g * lanes, second);
  }
}

void GaussianPairs(RandomKey key, uint32_t stream, uint32_t first_index, uint64_t position,
                   size_t n, double* HWY_RESTRICT first, double* HWY_RESTRICT second) {
  PhiloxInput input = {.keys = {}, .stream = stream, .position = position};
  for (uint64_t(&round)[2] : input.keys) {
    round[0] = key.low;
    round[1] = key.high;
    key.low += philox::kWeyl0;
    key.high += philox::kWeyl1;
  }
  const size_t lanes = hn::Lanes(D());
  size_t vectors = (n + lanes - 1) / lanes;
  // Runs of about equal length, so that none is left with a single vector.
  size_t runs = (vectors + kMaxVectors - 1) / kMaxVectors;
  for (size_t i = 0; runs > 0; --runs) {
    const size_t here = (vectors + runs - 1) / runs;
    const auto index = static_cast<uint32_t>(first_index + i);
    switch (here) {
      case 1:
        PairsOfVectors<1>(input, index, n - i, first + i, second + i);
        break;
      case 2:
        PairsOfVectors<2>(input, index, n - i, first + i, second + i);
        break;
      default:
        PairsOfVectors<kMaxVectors>(input, index, n - i, first + i, second + i);
        break;
    }
    vectors -= here;
    i += here * lanes;
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
