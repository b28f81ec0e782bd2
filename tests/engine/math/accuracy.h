// How exact functions of doubles are.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "server/engine/math/double_double.h"

namespace spiked::engine {

// The functions by another way, to 2^-105 of the result.
namespace reference {
DoubleDouble Exp(double x);
DoubleDouble Expm1(double x);
DoubleDouble Log(double x);
DoubleDouble Log1p(double x);
DoubleDouble Pow(double x, double y);
DoubleDouble Exp2(int numerator, int denominator);
}  // namespace reference

// How far `got` is from the true value, in units of the last place of a double
// of that size.
inline double UlpsOff(double got, long double exact) {
  const int exponent = std::max(std::ilogb(exact), -1022) - 52;
  return static_cast<double>(
      std::abs(std::scalbn(static_cast<long double>(got) - exact, -exponent)));
}
inline double UlpsOff(double got, DoubleDouble exact) {
  const int exponent = std::max(std::ilogb(exact.hi), -1022) - 52;
  return std::abs(std::scalbn((got - exact.hi) - exact.lo, -exponent));
}

// Random numbers: uniform, or with uniform exponents of 2.
class Points {
 public:
  explicit Points(uint64_t seed) : random_(seed) {}
  double Uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53;
  }
  double Power(double low, double high) {
    const double exponent = std::floor(Uniform(low, high));
    return std::scalbn(Uniform(1, 2), static_cast<int>(exponent));
  }
  double SignedPower(double low, double high) {
    const double power = Power(low, high);
    return random_() % 2 == 0 ? power : -power;
  }

 private:
  std::mt19937_64 random_;
};

// The worst of `n` draws, for functions of doubles and their `long double`
// twins of the C library, which have 11 bits more (or 60, elsewhere).
template <typename Function, typename Twin, typename Draw>
double WorstUlps(int n, const Function& function, const Twin& twin, const Draw& draw) {
  static_assert(std::numeric_limits<long double>::digits >= 64,
                "needs a long double that is longer than double");
  double worst = 0.0;
  for (int k = 0; k < n; ++k) {
    const double x = draw();
    worst = std::max(worst, UlpsOff(function(x), twin(static_cast<long double>(x))));
  }
  return worst;
}

// A number and the doubles next to it on both sides.
inline std::vector<double> Around(double x, int n = 3) {
  std::vector<double> numbers = {x};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double below = x, above = x;
  for (int k = 0; k < n; ++k) {
    numbers.push_back(below = std::nextafter(below, -kInfinity));
    numbers.push_back(above = std::nextafter(above, kInfinity));
  }
  return numbers;
}

// FNV-1a of the bits of many values, that is, of every bit of them.
template <typename Function, typename Draw>
uint64_t BitsOf(int n, const Function& function, const Draw& draw) {
  uint64_t hash = 0xCBF29CE484222325;
  for (int k = 0; k < n; ++k) {
    const auto bits = std::bit_cast<uint64_t>(function(draw()));
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ (bits >> shift & 0xFF)) * 0x100000001B3;
    }
  }
  return hash;
}

}  // namespace spiked::engine
