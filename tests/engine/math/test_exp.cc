#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "server/engine/math/exp.h"
#include "server/engine/math/exp_table.h"
#include "tests/engine/math/accuracy.h"

namespace spiked::engine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kPoints = 500'000;
constexpr double kBound = 0.51;

double ExpOf(double x) { return Exp(x); }
long double LongExp(long double x) { return std::exp(x); }
long double LongExpm1(long double x) { return std::expm1(x); }

TEST(Exp, IsTheNearestDoubleOrAlmost) {
  Points points(1);
  const auto worst = [&](auto draw) { return WorstUlps(kPoints, ExpOf, LongExp, draw); };
  EXPECT_LT(worst([&] { return points.Uniform(-1, 1); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(-708, 709.78); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(-745.1, -708); }), kBound) << "subnormal";
  EXPECT_LT(worst([&] { return points.SignedPower(-60, 9); }), kBound);
}

TEST(Exp, IsExactWhereTheTableTurns) {
  for (int n = -200'000; n < 200'000; n += 997) {
    const double x = (n + 0.5) * std::numbers::ln2 / kExpTableSize;
    if (x > 709.7 || x < -745) continue;
    for (const double near : Around(x)) EXPECT_LT(UlpsOff(Exp(near), reference::Exp(near)), kBound);
  }
}

TEST(Exp, HasLimits) {
  EXPECT_EQ(Exp(0.0), 1.0);
  EXPECT_EQ(Exp(-0.0), 1.0);
  EXPECT_EQ(Exp(0x1p-1074), 1.0);
  EXPECT_EQ(Exp(-0x1p-55), 1.0);
  EXPECT_EQ(Exp(kInfinity), kInfinity);
  EXPECT_EQ(Exp(-kInfinity), 0.0);
  EXPECT_EQ(Exp(std::numeric_limits<double>::max()), kInfinity);
  EXPECT_EQ(Exp(std::numeric_limits<double>::lowest()), 0.0);
  EXPECT_TRUE(std::isnan(Exp(kNaN)));
}

// The last arguments with a finite, with a normal, and with any result.
TEST(Exp, GoesToTheEndsOfTheDoubles) {
  constexpr double kLast = 0x1.62e42fefa39efp9;
  EXPECT_LT(UlpsOff(Exp(kLast), reference::Exp(kLast)), kBound);
  EXPECT_LT(Exp(kLast), kInfinity);
  EXPECT_EQ(Exp(std::nextafter(kLast, kInfinity)), kInfinity);
  for (const double x : Around(-0x1.6232bdd7abcd2p9, 20)) {
    EXPECT_LT(UlpsOff(Exp(x), reference::Exp(x)), kBound) << "about 2^-1022";
  }
  constexpr double kFirst = -0x1.74910d52d3051p9;
  EXPECT_EQ(Exp(kFirst), 0x1p-1074);
  EXPECT_EQ(Exp(std::nextafter(kFirst, -kInfinity)), 0.0);
}

TEST(Exp, TakesMoreThanADouble) {
  EXPECT_EQ(Exp(DoubleDouble{0.25, 0.0}), Exp(0.25));
  Points points(1);
  for (int k = 0; k < 10'000; ++k) {
    const double x = points.Uniform(-600, 600), lo = points.Uniform(-1, 1) * 0x1p-44;
    const DoubleDouble exact = reference::Exp(x) * (DoubleDouble{1.0} + DoubleDouble{lo});
    EXPECT_LT(UlpsOff(Exp(FastTwoSum(x, lo)), exact), kBound);
  }
}

TEST(Exp, HasTheSameBitsEverywhere) {
  Points points(1);
  EXPECT_EQ(BitsOf(100'000, ExpOf, [&] { return points.Uniform(-746, 710); }), 0xf2b7a25c4939bb1f);
}

TEST(Expm1, IsTheNearestDoubleOrAlmost) {
  Points points(1);
  const auto worst = [&](auto draw) { return WorstUlps(kPoints, Expm1, LongExpm1, draw); };
  EXPECT_LT(worst([&] { return points.Uniform(-0.02, 0.02); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(-1, 1); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(-60, 60); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(-50, 709.78); }), kBound);
  EXPECT_LT(worst([&] { return points.SignedPower(-70, 0); }), kBound);
}

TEST(Expm1, IsExactWhereTheTableTurns) {
  for (int n = -9'000; n < 9'000; n += 13) {
    const double x = (n + 0.5) * std::numbers::ln2 / kExpTableSize;
    for (const double near : Around(x)) {
      EXPECT_LT(UlpsOff(Expm1(near), reference::Expm1(near)), kBound) << near;
    }
  }
}

TEST(Expm1, HasLimits) {
  EXPECT_EQ(Expm1(0.0), 0.0);
  EXPECT_TRUE(std::signbit(Expm1(-0.0)));
  for (const double x : {0x1p-1074, -0x1p-1074, 0x1p-1022, 0x1p-60, -0x1p-60}) {
    EXPECT_EQ(Expm1(x), x);
  }
  EXPECT_EQ(Expm1(kInfinity), kInfinity);
  EXPECT_EQ(Expm1(710.0), kInfinity);
  EXPECT_EQ(Expm1(-kInfinity), -1.0);
  EXPECT_EQ(Expm1(-40.0), -1.0);
  EXPECT_GT(Expm1(-37.0), -1.0);
  EXPECT_TRUE(std::isnan(Expm1(kNaN)));
}

// The nearest double is 0.497 units away, and this one 0.503.
TEST(Expm1, OfADefaultNeuronsPropagatorIsAsInTheReferenceTraces) {
  const double tau_m = 10, tau_syn = 2, h = 0.1;
  EXPECT_EQ(Expm1(h * ((tau_m - tau_syn) / (tau_syn * tau_m))), 0x1.4e52658f624a4p-5);
}

TEST(Expm1, HasTheSameBitsEverywhere) {
  Points points(1);
  EXPECT_EQ(BitsOf(100'000, Expm1, [&] { return points.SignedPower(-60, 9); }), 0x74e7aa075904683c);
}

}  // namespace
}  // namespace spiked::engine
