// Doubles and the rounding errors of their sums and products: numbers of twice
// the precision, hi + lo with |lo| at most half a unit in the last place of hi.
//
// All in plain IEEE operations, each rounded by itself and to nearest, so that
// the bits are the same on every processor and in constant expressions.
#pragma once

#include <bit>
#include <cfloat>
#include <cstdint>
#include <limits>

namespace spiked::engine {

static_assert(std::numeric_limits<double>::is_iec559 && FLT_EVAL_METHOD == 0,
              "every operation must round to a double");

struct DoubleDouble {
  double hi = 0.0, lo = 0.0;
};

// a + b exactly, where |a| >= |b| or a = 0 (Dekker 1971).
constexpr DoubleDouble FastTwoSum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

// a + b exactly (Knuth, The Art of Computer Programming 2, 4.2.2).
constexpr DoubleDouble TwoSum(double a, double b) {
  const double sum = a + b;
  const double of_b = sum - a;
  return {sum, (a - (sum - of_b)) + (b - of_b)};
}

// a b exactly (Dekker 1971); |a| and |b| below 2^990, the product zero or above
// 2^-960.
constexpr DoubleDouble TwoProduct(double a, double b) {
  // The upper 26 bits of a factor; products of halves have no rounding error.
  constexpr auto upper = [](double x) {
    const double shifted = x * 0x8000001p0;
    return shifted - (shifted - x);
  };
  const double a_hi = upper(a), a_lo = a - a_hi, b_hi = upper(b), b_lo = b - b_hi;
  const double product = a * b;
  return {product, ((a_hi * b_hi - product) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
}

// To within 2^-100 of the result, if the summands have the same sign.
constexpr DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble sum = TwoSum(a.hi, b.hi);
  return FastTwoSum(sum.hi, sum.lo + (a.lo + b.lo));
}

constexpr DoubleDouble operator-(DoubleDouble a) { return {-a.hi, -a.lo}; }

// To within 2^-100 of the result.
constexpr DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble product = TwoProduct(a.hi, b.hi);
  return FastTwoSum(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

// To within 2^-100 of the result.
constexpr DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double first = a.hi / b.hi;
  const DoubleDouble rest = a + -(DoubleDouble{first} * b);
  return FastTwoSum(first, rest.hi / b.hi);
}

// log(2) to 107 bits.
inline constexpr DoubleDouble kLog2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};

// Two parts of a number: a multiple of `grid` (a power of two), and the rest.
constexpr DoubleDouble SplitAt(DoubleDouble x, double grid) {
  const double magic = grid * 0x1.8p52;
  const double head = (x.hi + magic) - magic;
  return {head, (x.hi - head) + x.lo};
}

// 2^k for k from -1022 to 1023.
constexpr double PowerOfTwo(int64_t k) {
  return std::bit_cast<double>(static_cast<uint64_t>(k + 1023) << 52);
}

}  // namespace spiked::engine
