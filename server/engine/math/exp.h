// The exponential function, the same bits on every processor and with every
// compiler and library.
#pragma once

#include "server/engine/math/double_double.h"

namespace spiked::engine {

// e^x, to within 0.51 units in the last place, subnormal results included.
// Infinite above 709.78, zero below -745.13.
double Exp(double x);

// e^x - 1, to within 0.51 units in the last place.
double Expm1(double x);

// e^(x.hi + x.lo), as Exp; for |x| below 800.
double Exp(DoubleDouble x);

}  // namespace spiked::engine
