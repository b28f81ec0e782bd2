#include "server/engine/math/log.h"

#include <bit>
#include <cmath>
#include <limits>

#include "server/engine/math/log_table.h"

namespace spiked::engine {
namespace {

// A number 2^k / inverse (1 + r), with |r| <= 2^-8.
struct Reduced {
  // k log(2) - log(inverse): the head is exact, and zero or above 2^-9.
  DoubleDouble log;
  DoubleDouble r;
};

// Of x + x_lo: 0 < x < infinity, |x_lo| at most half a unit in the last place.
Reduced Reduce(double x, double x_lo = 0.0) {
  constexpr uint64_t kFirst = std::bit_cast<uint64_t>(kLogTableFirst);
  constexpr DoubleDouble kUnit = SplitAt(kLog2, 0x1p-42);
  int64_t k = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    k = -54;
  }
  const uint64_t above = std::bit_cast<uint64_t>(x) - kFirst;
  const int64_t exponent = static_cast<int64_t>(above) >> 52;
  const uint64_t z_bits = std::bit_cast<uint64_t>(x) - (static_cast<uint64_t>(exponent) << 52);
  const LogInterval& interval = kLogTable[(above >> kLogTableShift) % kLogTableSize];
  const double z = std::bit_cast<double>(z_bits);
  // 32 bits of z, and the others.
  const double z_hi = std::bit_cast<double>(z_bits & ~uint64_t{0x1FFFFF});
  const double z_lo = z - z_hi;
  DoubleDouble r = TwoSum(z_hi * interval.inverse - 1.0, z_lo * interval.inverse);
  if (x_lo != 0.0) {
    const DoubleDouble sum = TwoSum(r.hi, x_lo * PowerOfTwo(-exponent) * interval.inverse);
    r = {sum.hi, sum.lo + r.lo};
  }
  const auto turns = static_cast<double>(k + exponent);
  return {.log = {turns * kUnit.hi + interval.log.hi, turns * kUnit.lo + interval.log.lo}, .r = r};
}

// log(1 + r) - r + r^2/2, by its series, whose next term is 2^-83 of r.
double BeyondSquare(double r) {
  const double square = r * r;
  const double ninth = 1.0 / 9 - r * (1.0 / 10), seventh = 1.0 / 7 - r * (1.0 / 8);
  const double fifth = 1.0 / 5 - r * (1.0 / 6), third = 1.0 / 3 - r * (1.0 / 4);
  return r * square * (third + square * (fifth + square * (seventh + square * ninth)));
}

double Sum(const Reduced& x) {
  const double r = x.r.hi;
  const DoubleDouble lead = TwoSum(x.log.hi, r);
  const double beyond = BeyondSquare(r) - 0.5 * r * r;
  return lead.hi + (lead.lo + ((x.log.lo + (x.r.lo - r * x.r.lo)) + beyond));
}

}  // namespace

double Log(double x) {
  if (std::isnan(x) || x == std::numeric_limits<double>::infinity()) return x;
  if (x == 0.0) return -std::numeric_limits<double>::infinity();
  if (x < 0.0) return std::numeric_limits<double>::quiet_NaN();
  return Sum(Reduce(x));
}

double Log1p(double x) {
  if (std::isnan(x) || std::abs(x) < 0x1p-54) return x;
  if (x > 0x1p64) return Log(x);
  if (x == -1.0) return -std::numeric_limits<double>::infinity();
  if (x < -1.0) return std::numeric_limits<double>::quiet_NaN();
  const DoubleDouble sum = TwoSum(1.0, x);
  return Sum(Reduce(sum.hi, sum.lo));
}

DoubleDouble ExtendedLog(double x) {
  const Reduced reduced = Reduce(x);
  const DoubleDouble r = reduced.r;
  const DoubleDouble half_square = TwoProduct(0.5 * r.hi, r.hi);
  const DoubleDouble linear = TwoSum(reduced.log.hi, r.hi);
  const DoubleDouble lead = TwoSum(linear.hi, -half_square.hi);
  const double small = reduced.log.lo + (r.lo - r.hi * r.lo) - half_square.lo;
  return FastTwoSum(lead.hi, lead.lo + (linear.lo + (small + BeyondSquare(r.hi))));
}

}  // namespace spiked::engine
