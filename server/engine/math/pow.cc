#include "server/engine/math/pow.h"

#include <cmath>
#include <limits>

#include "server/engine/math/exp.h"
#include "server/engine/math/log.h"

namespace spiked::engine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool IsWhole(double y) { return std::trunc(y) == y; }
bool IsOdd(double y) { return IsWhole(y) && !IsWhole(0.5 * y); }

// For x >= 0.
double PowOfMagnitude(double x, double y) {
  if (x == 1.0) return 1.0;
  // Without a logarithm, or with an exponent that decides alone.
  if (x == 0.0 || x == kInfinity || std::abs(y) > 0x1p64) {
    return (x > 1.0) == (y > 0.0) ? kInfinity : 0.0;
  }
  if (std::abs(y) < 0x1p-65) return 1.0;
  const DoubleDouble log = ExtendedLog(x);
  const DoubleDouble product = TwoProduct(y, log.hi);
  if (product.hi > 710.0) return kInfinity;
  if (product.hi < -746.0) return 0.0;
  return Exp(FastTwoSum(product.hi, product.lo + y * log.lo));
}

}  // namespace

double Pow(double x, double y) {
  if (y == 0.0 || x == 1.0) return 1.0;
  if (y == 1.0) return x;
  if (std::isnan(x) || std::isnan(y)) return x + y;
  if (x < 0.0 && x != -kInfinity && !IsWhole(y)) return std::numeric_limits<double>::quiet_NaN();
  const double magnitude = PowOfMagnitude(std::abs(x), y);
  return std::signbit(x) && IsOdd(y) ? -magnitude : magnitude;
}

}  // namespace spiked::engine
