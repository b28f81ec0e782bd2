#include <gtest/gtest.h>

#include <cmath>

#include "server/engine/math/double_double.h"
#include "tests/engine/math/accuracy.h"

namespace spiked::engine {
namespace {

using LongDouble = long double;

TEST(DoubleDouble, SumsHaveNoRoundingError) {
  Points points(1);
  for (int k = 0; k < 100'000; ++k) {
    const double a = points.SignedPower(-5, 5), b = points.SignedPower(-5, 5);
    const DoubleDouble sum = TwoSum(a, b);
    EXPECT_EQ(sum.hi, a + b);
    EXPECT_EQ(LongDouble{sum.hi} + LongDouble{sum.lo}, LongDouble{a} + LongDouble{b});
    const auto [larger, smaller] = std::abs(a) > std::abs(b) ? std::pair(a, b) : std::pair(b, a);
    const DoubleDouble fast = FastTwoSum(larger, smaller);
    EXPECT_EQ(fast.hi, sum.hi);
    EXPECT_EQ(fast.lo, sum.lo);
  }
}

TEST(DoubleDouble, ProductsHaveNoRoundingError) {
  Points points(1);
  for (int k = 0; k < 100'000; ++k) {
    const double a = points.SignedPower(-400, 400);
    const double b = points.SignedPower(-400, 400);
    const DoubleDouble product = TwoProduct(a, b);
    EXPECT_EQ(product.hi, a * b);
    EXPECT_EQ(product.lo, std::fma(a, b, -product.hi));
  }
}

TEST(DoubleDouble, QuotientsUndoProducts) {
  Points points(1);
  for (int k = 0; k < 10'000; ++k) {
    const DoubleDouble a = FastTwoSum(points.Power(-9, 9), points.Power(-70, -60));
    const DoubleDouble b = FastTwoSum(points.Power(-9, 9), points.Power(-70, -60));
    const DoubleDouble back = a * b / b, difference = back + -a;
    EXPECT_LT(std::abs(difference.hi), std::abs(a.hi) * 0x1p-100);
  }
}

TEST(DoubleDouble, IsSplitAtAGrid) {
  const DoubleDouble parts = SplitAt(kLog2, 0x1p-10);
  EXPECT_EQ(parts.hi, std::round(0x1p10 * kLog2.hi) * 0x1p-10);
  const DoubleDouble whole = TwoSum(parts.hi, parts.lo);
  EXPECT_EQ(whole.hi, kLog2.hi);
  EXPECT_NEAR(whole.lo, kLog2.lo, 0x1p-60);
}

TEST(DoubleDouble, KnowsTheLogarithmOfTwo) {
  const DoubleDouble log = reference::Log(2);
  EXPECT_EQ(kLog2.hi, log.hi);
  EXPECT_NEAR(kLog2.lo, log.lo, 0x1p-107);
}

TEST(PowerOfTwo, CoversTheNormalNumbers) {
  EXPECT_EQ(PowerOfTwo(-1022), 0x1p-1022);
  EXPECT_EQ(PowerOfTwo(0), 1.0);
  EXPECT_EQ(PowerOfTwo(1023), 0x1p1023);
}

}  // namespace
}  // namespace spiked::engine
