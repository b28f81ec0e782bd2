#include "server/engine/repeated_sum.h"

#include <cmath>

namespace spiked::engine {

// Between two powers of two all sums are multiples of one unit in the last
// place, and each addition moves them by the same multiple of it: x is rounded
// to units alike, unless it lies halfway between two, and then the first
// addition makes the sum even and all further ones are alike.
double AddRepeatedly(double sum, double x, uint64_t times) {
  double moved = 0.0;       // by the last addition
  int exponent_before = 0;  // of the sum before it
  for (uint64_t alike = 0; times > 0; --times) {
    const double before = sum;
    sum += x;
    if (sum == before || !std::isfinite(sum)) return sum;  // as it will stay
    int exponent = 0;
    std::frexp(sum, &exponent);
    const bool same_range = exponent == exponent_before && (sum < 0) == (before < 0);
    alike = same_range && sum - before == moved ? alike + 1 : 0;
    moved = sum - before;
    exponent_before = exponent;
    if (alike < 2 || times == 1) continue;
    // As many at once as stay clear of the end of the range.
    const bool grows = (sum < 0) == (moved < 0);
    const double end = std::ldexp(grows ? 1.0 : 0.5, exponent);
    const double most = std::floor(std::abs(end - std::abs(sum)) / std::abs(moved)) - 2.0;
    if (most < 1.0) continue;
    const uint64_t left = times - 1;
    const uint64_t jump = most < static_cast<double>(left) ? static_cast<uint64_t>(most) : left;
    sum += static_cast<double>(jump) * moved;  // exact
    times -= jump;
    alike = 0;
  }
  return sum;
}

}  // namespace spiked::engine
