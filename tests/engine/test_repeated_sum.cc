#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "server/engine/repeated_sum.h"

namespace spiked::engine {
namespace {

double OneByOne(double sum, double x, uint64_t times) {
  for (uint64_t k = 0; k < times; ++k) sum += x;
  return sum;
}

TEST(AddRepeatedly, RoundsAsOneByOne) {
  EXPECT_EQ(AddRepeatedly(0, 0.1, 7), 0.7);
  EXPECT_NE(0.1 * 7, 0.7);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> mantissa(1, 2);
  for (int k = 0; k < 3000; ++k) {
    const double sign = k % 5 == 0 ? -1 : 1;
    const double sum = k % 7 == 0 ? 0 : sign * std::ldexp(mantissa(random), int(random() % 40));
    // Also a few units in the last place of the sum, and halves of them.
    const double x = k % 3 == 0 ? std::ldexp(static_cast<double>(random() % 64), -54 + 30)
                                : std::ldexp(mantissa(random), int(random() % 50) - 30);
    const uint64_t times = random() % (k % 10 == 0 ? 300'000 : 3000);
    ASSERT_EQ(AddRepeatedly(sum, x, times), OneByOne(sum, x, times))
        << sum << " and " << times << " times " << x;
  }
}

TEST(AddRepeatedly, EndsWhereNothingChangesAnyMore) {
  EXPECT_EQ(AddRepeatedly(0, 1, uint64_t{1} << 60), 0x1p53);
  EXPECT_EQ(AddRepeatedly(1e300, 1, uint64_t{1} << 60), 1e300);
  EXPECT_EQ(AddRepeatedly(0, 1e300, uint64_t{1} << 60), INFINITY);
  EXPECT_EQ(AddRepeatedly(5, 0, 100), 5);
  EXPECT_EQ(AddRepeatedly(5, 1, 0), 5);
}

}  // namespace
}  // namespace spiked::engine
