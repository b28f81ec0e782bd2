#include "tests/bench/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace spiked::bench {
namespace {

using testing::ElementsAre;

TEST(QuantileTest, LiesBetweenTheSamplesInAnyOrder) {
  const std::vector<double> samples = {4, 1, 3, 2, 5};
  EXPECT_EQ(Quantile(samples, 0.0), 1.0);
  EXPECT_EQ(Quantile(samples, 1.0), 5.0);
  EXPECT_EQ(Quantile(samples, 0.125), 1.5);
  EXPECT_EQ(Quantile(std::vector<double>{7}, 0.99), 7.0);
}

TEST(MedianTest, IsTheMiddleOrTheMeanOfTheTwoMiddleOnes) {
  EXPECT_EQ(Median(std::vector<double>{9, 1, 2}), 2.0);
  EXPECT_EQ(Median(std::vector<double>{4, 1, 9, 2}), 3.0);
}

TEST(SpreadTest, DoesNotMindAnOutlier) {
  EXPECT_EQ(Spread(std::vector<double>{1, 2, 3, 4, 5}), 2.0);
  EXPECT_EQ(Spread(std::vector<double>{1, 2, 3, 4, 1e9}), 2.0);
  EXPECT_EQ(Spread(std::vector<double>{3}), 0.0);
}

TEST(CombineTest, TakesSamplesOfOneRepetitionTogether) {
  const std::vector<double> a = {2, 20};
  const std::vector<double> b = {1, 5};
  EXPECT_THAT(Ratio(a, b), ElementsAre(2, 4));
  EXPECT_THAT(Difference(a, b), ElementsAre(1, 15));
  EXPECT_THAT(Sum(a, b), ElementsAre(3, 25));
  EXPECT_THAT(Over(100, a), ElementsAre(50, 5));
}

}  // namespace
}  // namespace spiked::bench
