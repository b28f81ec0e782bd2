#include "client/pong/random.h"

#include <gtest/gtest.h>

namespace spiked::pong {
namespace {

TEST(SplitMix64Test, GivesThePublishedNumbers) {
  SplitMix64 random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
  EXPECT_EQ(random.Next(), 4593380528125082431u);
  EXPECT_EQ(random.Next(), 16408922859458223821u);
}

TEST(SplitMix64Test, UniformTakesTheUpper53Bits) {
  SplitMix64 random(0);
  // The first number from seed 0 is 0xe220a8397b1dcdaf.
  EXPECT_EQ(random.Uniform(), static_cast<double>(0xe220a8397b1dcdafu >> 11) * 0x1.0p-53);
}

TEST(SplitMix64Test, UniformStaysBelowOne) {
  SplitMix64 random(42);
  for (int k = 0; k < 100'000; ++k) {
    const double u = random.Uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
  }
}

}  // namespace
}  // namespace spiked::pong
