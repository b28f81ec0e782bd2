#include "server/engine/math/exp.h"

#include <cmath>
#include <limits>

#include "server/engine/math/exp_table.h"

namespace spiked::engine {
namespace {

// x = (k + i / kExpTableSize) log(2) + r, with |r| < 0.0022.
struct Reduced {
  int64_t k;
  DoubleDouble power;  // 2^(i / kExpTableSize)
  DoubleDouble r;
};

// |x| is at most 800.
Reduced Reduce(DoubleDouble x) {
  constexpr double kMagic = 0x1.8p52;  // its sums are whole numbers
  // 34 bits, so that its product with n has no rounding error.
  constexpr DoubleDouble kStep = SplitAt(kExpTableStep, 0x1p-42);
  constexpr int64_t kSize = kExpTableSize, kBias = 2048;
  const double n = (x.hi * (1.0 / kExpTableStep.hi) + kMagic) - kMagic;
  const auto number = static_cast<uint64_t>(static_cast<int64_t>(n) + kBias * kSize);
  return {.k = static_cast<int64_t>(number / kSize) - kBias,
          .power = kExpTable[number % kSize],
          .r = TwoSum(x.hi - n * kStep.hi, x.lo - n * kStep.lo)};
}

// e^r - 1 - r for |r| < 0.0022, by its series, whose next term is 2^-65 of r.
double BeyondLinear(double r) {
  const double square = r * r;
  const double higher = (1.0 / 24 + r * (1.0 / 120)) + square * (1.0 / 720);
  return square * ((1.0 / 2 + r * (1.0 / 6)) + square * higher);
}

// 2^k (hi + lo), rounded once; hi + lo from 0.99 to 2.
double Scale(int64_t k, double hi, double lo) {
  const double sum = hi + lo;
  if (k > 1023) return sum * 0x1p1023 * PowerOfTwo(k - 1023);
  if (k > -1022 || (k == -1022 && sum >= 1.0)) return sum * PowerOfTwo(k);
  // Subnormal. Doubles from 1 to 2 are as dense as 2^1022 times those.
  const double unit = PowerOfTwo(k + 1022);
  const DoubleDouble shifted = FastTwoSum(1.0, hi * unit);
  return ((shifted.hi + (shifted.lo + lo * unit)) - 1.0) * 0x1p-1022;
}

}  // namespace

double Exp(DoubleDouble x) {
  const auto [k, power, r] = Reduce(x);
  return Scale(k, power.hi, power.lo + power.hi * (r.hi + (r.lo + BeyondLinear(r.hi))));
}

double Exp(double x) {
  if (std::isnan(x)) return x;
  if (x > 710.0) return std::numeric_limits<double>::infinity();
  if (x < -746.0) return 0.0;
  return Exp(DoubleDouble{x});
}

double Expm1(double x) {
  if (std::isnan(x) || std::abs(x) < 0x1p-54) return x;
  if (x > 50.0) return Exp(x);
  if (x < -50.0) return -1.0;
  const auto [k, power, r] = Reduce({x});
  // In units of 2^k, and in parts: the power less one, and its product with
  // e^r - 1. What is large has no rounding error.
  const double one = PowerOfTwo(-k);
  const double beyond = BeyondLinear(r.hi);
  const DoubleDouble less = TwoSum(power.hi, -one);
  const double less_lo = less.lo + power.lo;
  const DoubleDouble lead = TwoSum(less.hi, one * r.hi);
  const double rest = (less.hi + less_lo) * r.hi + (power.hi * beyond + one * r.lo);
  return (lead.hi + (lead.lo + (less_lo + rest))) * PowerOfTwo(k);
}

}  // namespace spiked::engine
