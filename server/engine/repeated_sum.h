// The sum of many equal numbers, as rounding leaves it.
#pragma once

#include <cstdint>

namespace spiked::engine {

// What adding `x` to `sum` so many times, one after another, comes to: to the
// last bit, in a number of operations that does not grow with `times`.
double AddRepeatedly(double sum, double x, uint64_t times);

}  // namespace spiked::engine
