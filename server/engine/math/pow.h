// Powers, the same bits on every processor and with every compiler and library.
#pragma once

namespace spiked::engine {

// x^y, to within 0.51 units in the last place; special cases as C has them:
// NaN for negative x and y not whole, 1 for y = 0 or x = 1 whatever the other.
double Pow(double x, double y);

}  // namespace spiked::engine
