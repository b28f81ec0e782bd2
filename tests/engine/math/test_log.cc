#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "server/engine/math/log.h"
#include "server/engine/math/log_table.h"
#include "tests/engine/math/accuracy.h"

namespace spiked::engine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr int kPoints = 500'000;
constexpr double kBound = 0.51;

long double LongLog(long double x) { return std::log(x); }
long double LongLog1p(long double x) { return std::log1p(x); }

TEST(Log, IsTheNearestDoubleOrAlmost) {
  Points points(1);
  const auto worst = [&](auto draw) { return WorstUlps(kPoints, Log, LongLog, draw); };
  EXPECT_LT(worst([&] { return points.Uniform(0.98, 1.02); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(0.5, 2); }), kBound);
  EXPECT_LT(worst([&] { return points.Power(-1022, 1024); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(0, 0x1p-1022); }), kBound) << "subnormal";
  EXPECT_LT(worst([&] { return 1 + points.SignedPower(-52, -5); }), kBound);
}

TEST(Log, IsExactWhereTheTableTurns) {
  for (uint64_t i = 0; i <= kLogTableSize; ++i) {
    const double z =
        std::bit_cast<double>(std::bit_cast<uint64_t>(kLogTableFirst) + (i << kLogTableShift));
    for (const double near : Around(z)) {
      if (near == 1.0) continue;
      EXPECT_LT(UlpsOff(Log(near), reference::Log(near)), kBound) << near;
    }
  }
}

TEST(Log, HasLimits) {
  EXPECT_EQ(Log(1.0), 0.0);
  EXPECT_FALSE(std::signbit(Log(1.0)));
  EXPECT_EQ(Log(0.0), -kInfinity);
  EXPECT_EQ(Log(-0.0), -kInfinity);
  EXPECT_EQ(Log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(Log(-1.0)));
  EXPECT_TRUE(std::isnan(Log(-kInfinity)));
  EXPECT_TRUE(std::isnan(Log(kNaN)));
  for (const double x : {0x1p-1074, 0x1p-1022, kMax}) {
    EXPECT_LT(UlpsOff(Log(x), reference::Log(x)), kBound) << x;
  }
}

TEST(Log, HasTheSameBitsEverywhere) {
  Points points(1);
  EXPECT_EQ(BitsOf(100'000, Log, [&] { return points.Power(-1022, 1024); }), 0xe50c08d01c31b822);
}

TEST(Log1p, IsTheNearestDoubleOrAlmost) {
  Points points(1);
  const auto worst = [&](auto draw) { return WorstUlps(kPoints, Log1p, LongLog1p, draw); };
  EXPECT_LT(worst([&] { return points.Uniform(-0.02, 0.02); }), kBound);
  EXPECT_LT(worst([&] { return points.Uniform(-1, 1); }), kBound);
  EXPECT_LT(worst([&] { return points.SignedPower(-70, 0); }), kBound);
  EXPECT_LT(worst([&] { return points.Power(0, 1024); }), kBound);
}

TEST(Log1p, IsExactWhereTheTableTurns) {
  for (uint64_t i = 0; i <= kLogTableSize; ++i) {
    const double z =
        std::bit_cast<double>(std::bit_cast<uint64_t>(kLogTableFirst) + (i << kLogTableShift));
    for (const double near : Around(z - 1.0)) {
      if (near == 0.0) continue;
      EXPECT_LT(UlpsOff(Log1p(near), reference::Log1p(near)), kBound) << near;
    }
  }
}

TEST(Log1p, HasLimits) {
  EXPECT_EQ(Log1p(0.0), 0.0);
  EXPECT_TRUE(std::signbit(Log1p(-0.0)));
  for (const double x : {0x1p-1074, -0x1p-1074, 0x1p-1022, 0x1p-60, -0x1p-60}) {
    EXPECT_EQ(Log1p(x), x);
  }
  EXPECT_EQ(Log1p(-1.0), -kInfinity);
  EXPECT_EQ(Log1p(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(Log1p(std::nextafter(-1.0, -2.0))));
  EXPECT_TRUE(std::isnan(Log1p(kNaN)));
  for (const double x : {std::nextafter(-1.0, 0.0), kMax, 0x1p53, 0x1p64, 0x1.8p64}) {
    EXPECT_LT(UlpsOff(Log1p(x), reference::Log1p(x)), kBound) << x;
  }
}

TEST(Log1p, HasTheSameBitsEverywhere) {
  Points points(1);
  EXPECT_EQ(BitsOf(100'000, Log1p, [&] { return points.SignedPower(-60, 0); }), 0xab204532846d3fd2);
}

TEST(ExtendedLog, HasFifteenBitsMore) {
  Points points(1);
  const auto expect_exact = [](double x) {
    const DoubleDouble exact = reference::Log(x), error = ExtendedLog(x) + -exact;
    EXPECT_LT(std::abs(error.hi), std::abs(exact.hi) * 0x1p-68) << x;
  };
  for (int k = 0; k < 5'000; ++k) {
    expect_exact(points.Power(-1074, 1024));
    expect_exact(points.Uniform(0.98, 1.02));
    expect_exact(1 + points.SignedPower(-52, -5));
  }
}

}  // namespace
}  // namespace spiked::engine
