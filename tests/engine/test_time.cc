#include <gtest/gtest.h>

#include <limits>

#include "server/engine/time.h"

namespace spiked::engine {
namespace {

TEST(Grid, StepsAreTheDoublesNearestTheirDecimals) {
  const Grid grid(0.1);
  EXPECT_EQ(grid.ToMs(3), 0.3);  // where 3 * 0.1 is not
  EXPECT_EQ(grid.ToMs(7), 0.7);
  EXPECT_EQ(grid.ToMs(2000), 200.0);
  EXPECT_EQ(Grid(0.25).ToMs(3), 0.75);
  EXPECT_EQ(Grid(2.5).ToMs(3), 7.5);
}

TEST(Grid, StepsSurviveTheWayThroughMilliseconds) {
  for (const double h : {0.001, 0.01, 0.05, 0.1, 0.125, 0.3, 1.0, 2.5, 10.0}) {
    const Grid grid(h);
    for (const Step step : {Step{0}, Step{1}, Step{3}, Step{7}, Step{999}, Step{123456789},
                            Step{1} << 40, -Step{17}}) {
      EXPECT_EQ(grid.ToSteps(grid.ToMs(step)), step) << h;
    }
  }
}

TEST(Grid, TimesBetweenTheStepsHaveNoStep) {
  const Grid grid(0.1);
  for (const double ms : {0.05, 0.1001, 1.00001, -0.25, 1234.56}) {
    EXPECT_EQ(grid.ToSteps(ms), std::nullopt) << ms;
  }
}

TEST(Grid, RoundingErrorsAreNotBetweenTheSteps) {
  const Grid grid(0.1);
  EXPECT_EQ(grid.ToSteps(0.1 + 0.2), 3);
  EXPECT_EQ(grid.ToSteps(1e9 + 0.1), 10'000'000'001);
}

TEST(Grid, TimesThatTellNoStepApartHaveNone) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const Grid grid(0.1);
  for (const double ms : {kInf, -kInf, std::nan(""), 1e300, 0x1p53}) {
    EXPECT_EQ(grid.ToSteps(ms), std::nullopt) << ms;
  }
}

}  // namespace
}  // namespace spiked::engine
