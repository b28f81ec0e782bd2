// Logarithms of numbers near each z in [kLogTableFirst, 2 kLogTableFirst).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "server/engine/math/double_double.h"

namespace spiked::engine {

inline constexpr size_t kLogTableSize = 256;
// 1 is where an interval begins.
inline constexpr double kLogTableFirst = 0x1.6ap-1;
// The bits of a double below those that tell the intervals apart.
inline constexpr int kLogTableShift = 44;

// An interval of z.
struct LogInterval {
  // About 1/z, a multiple of 2^-12, so that its products with halves of z are
  // exact; 1 on both sides of z = 1.
  double inverse;
  // -log(inverse): a multiple of 2^-42, and the rest to 2^-90.
  DoubleDouble log;
};

constexpr std::array<LogInterval, kLogTableSize> MakeLogTable() {
  const auto begin_of = [](size_t i) {
    return std::bit_cast<double>(std::bit_cast<uint64_t>(kLogTableFirst) +
                                 (uint64_t{i} << kLogTableShift));
  };
  std::array<double, kLogTableSize> inverse = {};
  for (size_t i = 0; i < kLogTableSize; ++i) {
    const double begin = begin_of(i), end = begin_of(i + 1);
    inverse[i] = begin == 1.0 || end == 1.0 ? 1.0 : SplitAt({2.0 / (begin + end)}, 0x1p-12).hi;
  }
  // From one to the next by log(a/b) = 2 artanh((a - b) / (a + b)).
  std::array<DoubleDouble, kLogTableSize> log = {};
  DoubleDouble log_of_one;
  for (size_t i = 1; i < kLogTableSize; ++i) {
    const double a = inverse[i - 1], b = inverse[i];
    const DoubleDouble s = DoubleDouble{a - b} / DoubleDouble{a + b}, square = s * s;
    DoubleDouble power = s, sum = s;
    for (int n = 3; n < 17; n += 2) {
      power = power * square;
      sum = sum + power / DoubleDouble{static_cast<double>(n)};
    }
    log[i] = log[i - 1] + sum + sum;
    if (b == 1.0) log_of_one = log[i];
  }
  std::array<LogInterval, kLogTableSize> table = {};
  for (size_t i = 0; i < kLogTableSize; ++i) {
    table[i] = {inverse[i], SplitAt(log[i] + -log_of_one, 0x1p-42)};
  }
  return table;
}

inline constexpr std::array<LogInterval, kLogTableSize> kLogTable = MakeLogTable();

}  // namespace spiked::engine
