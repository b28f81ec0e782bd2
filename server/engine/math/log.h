// The natural logarithm, the same bits on every processor and with every
// compiler and library.
#pragma once

#include "server/engine/math/double_double.h"

namespace spiked::engine {

// log(x), to within 0.51 units in the last place; -infinity for 0, NaN for
// x < 0.
double Log(double x);

// log(1 + x), to within 0.51 units in the last place; -infinity for -1, NaN for
// x < -1.
double Log1p(double x);

// log(x) to within 2^-68 of the result; 0 < x < infinity.
DoubleDouble ExtendedLog(double x);

}  // namespace spiked::engine
