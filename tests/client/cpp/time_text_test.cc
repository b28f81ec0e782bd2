#include "client/cpp/time_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace spiked::client {
namespace {

TEST(TimeTextTest, HasAllDigitsAndNoExponent) {
  EXPECT_EQ(TimeText(0.0), "0");
  EXPECT_EQ(TimeText(210.1), "210.1");
  EXPECT_EQ(TimeText(1763800.3), "1763800.3");
  EXPECT_EQ(TimeText(1e12), "1000000000000");
}

TEST(TimeTextTest, TakesEveryNumber) {
  EXPECT_EQ(TimeText(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(TimeText(std::numeric_limits<double>::max()).size(), 309u);
  EXPECT_GT(TimeText(1e-300).size(), 300u);
}

}  // namespace
}  // namespace spiked::client
