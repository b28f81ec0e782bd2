// What exp_table.h and log_table.h derive, beside references.
#include <gtest/gtest.h>

#include <cmath>

#include "server/engine/math/exp_table.h"
#include "server/engine/math/log_table.h"
#include "tests/engine/math/accuracy.h"

namespace spiked::engine {
namespace {

TEST(ExpTable, HoldsPowersOfTwo) {
  for (size_t i = 0; i < kExpTableSize; ++i) {
    const DoubleDouble exact = reference::Exp2(static_cast<int>(i), kExpTableSize);
    EXPECT_EQ(kExpTable[i].hi, exact.hi) << i;
    EXPECT_NEAR(kExpTable[i].lo, exact.lo, 0x1p-96) << i;
  }
}

TEST(LogTable, HoldsLogarithms) {
  for (size_t i = 0; i < kLogTableSize; ++i) {
    const auto& [inverse, log] = kLogTable[i];
    const DoubleDouble exact = -reference::Log(inverse);
    const DoubleDouble error = TwoSum(log.hi, log.lo) + -exact;
    EXPECT_LT(std::abs(error.hi), 0x1p-96) << i;
    EXPECT_EQ(log.hi, std::round(log.hi * 0x1p42) * 0x1p-42) << i;
    EXPECT_EQ(inverse, std::round(inverse * 0x1p12) * 0x1p-12) << i;
  }
}

TEST(LogTable, IntervalsLieAroundTheirNumbers) {
  for (size_t i = 0; i < kLogTableSize; ++i) {
    const uint64_t begin = std::bit_cast<uint64_t>(kLogTableFirst) + (i << kLogTableShift);
    for (const uint64_t z : {begin, begin + (uint64_t{1} << kLogTableShift) - 1}) {
      EXPECT_LE(std::abs(std::bit_cast<double>(z) * kLogTable[i].inverse - 1.0), 0x1p-8) << i;
    }
  }
}

// Near 1 the logarithm is small, and nothing else may be added to it.
TEST(LogTable, HasNothingToAddOnBothSidesOfOne) {
  const uint64_t one = std::bit_cast<uint64_t>(1.0) - std::bit_cast<uint64_t>(kLogTableFirst);
  for (const uint64_t i : {(one >> kLogTableShift) - 1, one >> kLogTableShift}) {
    EXPECT_EQ(kLogTable[i].inverse, 1.0);
    EXPECT_EQ(kLogTable[i].log.hi, 0.0);
    EXPECT_EQ(kLogTable[i].log.lo, 0.0);
  }
}

}  // namespace
}  // namespace spiked::engine
