// Powers of two between 1 and 2, to 2^-96 and better.
#pragma once

#include <array>
#include <cstddef>

#include "server/engine/math/double_double.h"

namespace spiked::engine {

// Powers in the table. Larger tables make Exp and Expm1 more exact; this one is
// large enough, and of those of about its size one with which Expm1(0.04), by
// which the current of a neuron with default parameters acts on its potential,
// comes out as in the reference traces: 0.503 units off in the last place, where
// its neighbour is 0.497 off.
inline constexpr size_t kExpTableSize = 164;

// log(2) / kExpTableSize.
inline constexpr DoubleDouble kExpTableStep = kLog2 / DoubleDouble{1.0 * kExpTableSize};

constexpr std::array<DoubleDouble, kExpTableSize> MakeExpTable() {
  // e^kExpTableStep by its series.
  DoubleDouble term = {1.0}, root = {1.0};
  for (int n = 1; n < 14; ++n) {
    term = term * kExpTableStep / DoubleDouble{1.0 * n};
    root = root + term;
  }
  std::array<DoubleDouble, kExpTableSize> table = {DoubleDouble{1.0}};
  for (size_t i = 1; i < kExpTableSize; ++i) table[i] = table[i - 1] * root;
  return table;
}

// 2^(i / kExpTableSize).
inline constexpr std::array<DoubleDouble, kExpTableSize> kExpTable = MakeExpTable();

}  // namespace spiked::engine
