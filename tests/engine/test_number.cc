#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "server/engine/number.h"

namespace spiked::engine {
namespace {

TEST(ToText, WritesTimesInFull) {
  EXPECT_EQ(ToText(1763800.1), "1763800.1");
  EXPECT_EQ(ToText(86'400'000), "86400000");
  EXPECT_EQ(ToText(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(ToText(0.001), "0.001");
}

TEST(ToText, WritesNumbersOfUnusualSizeWithAnExponent) {
  EXPECT_EQ(ToText(1e300), "1e+300");
  EXPECT_EQ(ToText(5e-324), "5e-324");
}

TEST(ToText, ReadsBackAsTheSameNumber) {
  for (const double x : {1.0 / 3, -2.0 / 7e5, 1e15, 1e-5, 123456789.123456789, -0.0,
                         std::numeric_limits<double>::max()}) {
    EXPECT_EQ(std::strtod(ToText(x).c_str(), nullptr), x);
  }
}

TEST(ToText, TellsWhatIsNotFinite) {
  EXPECT_EQ(ToText(std::nan("")), "nan");
  EXPECT_EQ(ToText(-std::numeric_limits<double>::infinity()), "-inf");
}

}  // namespace
}  // namespace spiked::engine
