#include "client/pong/curve.h"

#include <gtest/gtest.h>

namespace spiked::pong {
namespace {

TEST(CurveTest, ShowsNothingWhereTheMatchHasNotCome) {
  Curve curve(10);
  EXPECT_FALSE(curve.At(0, 5));
  for (int poll = 0; poll < 5; ++poll) curve.Add(poll, 0.1 * poll);
  EXPECT_TRUE(curve.At(0, 10));
  EXPECT_TRUE(curve.At(4, 10));
  EXPECT_FALSE(curve.At(5, 10));
}

TEST(CurveTest, SpansTheWholeMatch) {
  constexpr int64_t kPolls = 1'000'000;
  Curve curve(kPolls);
  for (int64_t poll = 0; poll < kPolls; ++poll) curve.Add(poll, static_cast<double>(poll) / kPolls);
  for (int column = 0; column < 100; ++column) {
    ASSERT_TRUE(curve.At(column, 100));
    EXPECT_NEAR(*curve.At(column, 100), column / 100.0, 0.01);
  }
}

TEST(CurveTest, AShortMatchIsStretched) {
  Curve curve(2);
  curve.Add(0, 0.25);
  curve.Add(1, 0.75);
  EXPECT_EQ(curve.At(0, 80), 0.25);
  EXPECT_EQ(curve.At(39, 80), 0.25);
  EXPECT_EQ(curve.At(40, 80), 0.75);
  EXPECT_EQ(curve.At(79, 80), 0.75);
}

}  // namespace
}  // namespace spiked::pong
