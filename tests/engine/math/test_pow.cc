#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "server/engine/math/pow.h"
#include "tests/engine/math/accuracy.h"

namespace spiked::engine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kBound = 0.51;

TEST(Pow, IsTheNearestDoubleOrAlmost) {
  Points points(1);
  for (const double y : {0.02, 0.4, 0.5, 2.0, 3.0, -1.0, -3.7, 117.3, 1e5}) {
    const auto pow = [y](double x) { return Pow(x, y); };
    const auto twin = [y](long double x) { return std::pow(x, static_cast<long double>(y)); };
    EXPECT_LT(WorstUlps(50'000, pow, twin, [&] { return points.Uniform(0.9, 1); }), kBound) << y;
    // Of all whose power is a double.
    const double range = std::min(1021.0, 1021.0 / std::abs(y));
    EXPECT_LT(
        WorstUlps(50'000, pow, twin, [&] { return std::exp2(points.Uniform(-range, range)); }),
        kBound)
        << y;
  }
}

TEST(Pow, IsExactForAnyExponent) {
  Points points(1);
  for (int k = 0; k < 20'000; ++k) {
    const double x = points.Power(-1070, 1023);
    const double y = points.Uniform(-1075, 1023) / std::log2(x);
    EXPECT_LT(UlpsOff(Pow(x, y), reference::Pow(x, y)), kBound) << x << " " << y;
  }
  for (int k = 0; k < 5'000; ++k) {
    const double x = 1 + points.SignedPower(-52, -20);
    const double y = points.Uniform(-700, 700) / (x - 1);
    EXPECT_LT(UlpsOff(Pow(x, y), reference::Pow(x, y)), kBound) << x << " " << y;
  }
}

TEST(Pow, OfWholeNumbersIsWhole) {
  for (int x = 2; x < 100; ++x) {
    double power = 1.0;
    for (int y = 0; power < 0x1p53; ++y, power *= x) {
      EXPECT_EQ(Pow(x, y), power) << x << "^" << y;
      EXPECT_EQ(Pow(-x, y), y % 2 == 0 ? power : -power) << -x << "^" << y;
    }
  }
}

TEST(Pow, ByOneOrZeroIsSimple) {
  for (const double x : {0.3, -0.3, 0.0, kMax, 0x1p-1074, kInfinity, -kInfinity}) {
    EXPECT_EQ(Pow(x, 1.0), x);
    EXPECT_EQ(Pow(x, 0.0), 1.0);
    EXPECT_EQ(Pow(x, -0.0), 1.0);
  }
  EXPECT_TRUE(std::isnan(Pow(kNaN, 1.0)));
  EXPECT_EQ(Pow(kNaN, 0.0), 1.0);
  EXPECT_EQ(Pow(1.0, kNaN), 1.0);
}

// The C library has all of these right.
TEST(Pow, HasTheSpecialCasesOfC) {
  const double numbers[] = {0.0,           -0.0,         1.0,  -1.0,  0.5,       -0.5,
                            2.0,           -2.0,         3.0,  -3.0,  kInfinity, -kInfinity,
                            kNaN,          0x1p-1074,    kMax, -kMax, 0x1p-70,   -0x1p-70,
                            0x1p53,        0x1p53 + 2,   1e30, -1e30, 0x1.8p63,  0x1p64,
                            1.0 - 0x1p-53, 1.0 + 0x1p-52};
  for (const double x : numbers) {
    for (const double y : numbers) {
      const double power = Pow(x, y), expected = std::pow(x, y);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(power)) << x << "^" << y;
        continue;
      }
      EXPECT_EQ(std::signbit(power), std::signbit(expected)) << x << "^" << y;
      if (expected == 0.0 || std::isinf(expected) || std::abs(expected) == 1.0) {
        EXPECT_EQ(power, expected) << x << "^" << y;
      } else {
        EXPECT_LT(UlpsOff(std::abs(power), reference::Pow(std::abs(x), y)), kBound)
            << x << "^" << y;
      }
    }
  }
}

TEST(Pow, HasTheSameBitsEverywhere) {
  Points points(1), exponents(2);
  const auto pow = [&](double x) { return Pow(x, exponents.Uniform(0, 5)); };
  EXPECT_EQ(BitsOf(100'000, pow, [&] { return points.Uniform(0, 1); }), 0xf4b6779279e28464);
}

}  // namespace
}  // namespace spiked::engine
