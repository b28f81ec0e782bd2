#include "server/engine/math/gaussian.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/math/gaussian.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "server/engine/math/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {

using D = hn::ScalableTag<double>;
using VD = hn::Vec<D>;

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
  const WordTag du;
  const VD one = hn::Set(d, 1.0);
  VD e[vectors], s[vectors], square[vectors], sum[vectors];
  for (size_t g = 0; g < vectors; ++g) {
    const Word bits = hn::BitCast(du, u[g]);
    // Adding the distance from sqrt(1/2) to 1 carries into the exponent where m
    // would be too large.
    const Word shifted = hn::Add(bits, hn::Set(du, 0x3FF0000000000000u - 0x3FE6A09E667F3BCDu));
    const Word exponent = hn::ShiftRight<52>(shifted);
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
  const WordTag du;
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
    const Word q = hn::BitCast(du, rounded[g]);
    // Odd quarters swap the two; the sign bits follow from bit 1 of q and q + 1.
    const auto odd = hn::RebindMask(d, hn::Ne(hn::And(q, hn::Set(du, 1)), hn::Zero(du)));
    const Word sign = hn::Set(du, 0x8000000000000000u);
    const Word sine_sign = hn::And(hn::ShiftLeft<62>(q), sign);
    const Word cosine_sign = hn::And(hn::ShiftLeft<62>(hn::Add(q, hn::Set(du, 1))), sign);
    sine[g] = hn::BitCast(d, hn::Xor(hn::BitCast(du, hn::IfThenElse(odd, c[g], s[g])), sine_sign));
    cosine[g] =
        hn::BitCast(d, hn::Xor(hn::BitCast(du, hn::IfThenElse(odd, s[g], c[g])), cosine_sign));
  }
}

// The pairs of two words each, of which the first n lanes are kept.
template <size_t vectors>
HWY_INLINE void PairsOfWords(const Word (&words)[2][vectors], size_t n, double* HWY_RESTRICT first,
                             double* HWY_RESTRICT second) {
  const D d;
  const WordTag du;
  // 52 random bits as the mantissa of a number in [1, 2).
  const auto mantissa = [&](Word word) HWY_ATTR {
    return hn::BitCast(d, hn::Or(hn::ShiftRight<12>(word), hn::Set(du, 0x3FF0000000000000u)));
  };
  VD x[vectors], y[vectors], log[vectors], sine[vectors], cosine[vectors];
  for (size_t g = 0; g < vectors; ++g) {
    x[g] = hn::Sub(hn::Set(d, 2.0), mantissa(words[0][g]));
    y[g] = hn::Sub(mantissa(words[1][g]), hn::Set(d, 1.0));
  }
  Log(x, log);
  SinCosTurns(y, sine, cosine);
  for (size_t g = 0; g < vectors; ++g) {
    const VD radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0), log[g]));
    StoreFirst(hn::Mul(radius, cosine[g]), d, g, n, first);
    StoreFirst(hn::Mul(radius, sine[g]), d, g, n, second);
  }
}

void GaussianPairsFrom(RandomKey key, uint32_t stream, uint32_t first_index, uint64_t position,
                       size_t n, double* HWY_RESTRICT first, double* HWY_RESTRICT second) {
  const PhiloxBlocks philox(key, stream);
  ForVectors(n, [&](auto vectors, size_t i) HWY_ATTR {
    Word words[2][vectors];
    philox.OfIndices(static_cast<uint32_t>(first_index + i), position, words);
    PairsOfWords(words, n - i, first + i, second + i);
  });
}

void GaussianPairsOf(RandomKey key, uint32_t stream, const uint32_t* HWY_RESTRICT indices,
                     uint64_t position, size_t n, double* HWY_RESTRICT first,
                     double* HWY_RESTRICT second) {
  const PhiloxBlocks philox(key, stream);
  ForVectors(n, [&](auto vectors, size_t i) HWY_ATTR {
    Word words[2][vectors];
    philox.OfIndices(indices + i, n - i, position, words);
    PairsOfWords(words, n - i, first + i, second + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spiked::engine {

HWY_EXPORT(GaussianPairsFrom);
HWY_EXPORT(GaussianPairsOf);

void GaussianPairs(RandomKey key, uint32_t stream, uint32_t first_index, uint64_t position,
                   size_t n, double* first, double* second) {
  HWY_DYNAMIC_DISPATCH(GaussianPairsFrom)(key, stream, first_index, position, n, first, second);
}

void GaussianPairs(RandomKey key, uint32_t stream, std::span<const uint32_t> indices,
                   uint64_t position, double* first, double* second) {
  HWY_DYNAMIC_DISPATCH(GaussianPairsOf)
  (key, stream, indices.data(), position, indices.size(), first, second);
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
