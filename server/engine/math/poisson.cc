#include "server/engine/math/poisson.h"

#include <cmath>

#include "server/engine/math/exp.h"
#include "server/engine/math/log.h"

namespace spiked::engine {
namespace {

// log(n^k e^-n / k!), for k >= 0 and n >= 10.
double LogProbability(double k, double n) {
  if (k < 10.0) {
    double factorial = 1.0;
    for (double i = 2.0; i <= k; ++i) factorial *= i;
    return k * Log(n) - n - Log(factorial);
  }
  // Stirling's series for k!, to 1e-12; what is large cancels on paper.
  const double square = k * k;
  const double rest =
      (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / k;
  constexpr double kTwoPi = 6.283185307179586;
  return (k - n) - k * Log1p((k - n) / n) - 0.5 * Log(kTwoPi * k) - rest;
}

}  // namespace

PoissonNumbers::PoissonNumbers(double mean) : mean_(mean) {
  if (draws_once()) {
    std::array<double, std::tuple_size_v<decltype(above_)>> probability;
    double next = Exp(-mean);
    for (size_t k = 0; k < probability.size(); ++k) {
      probability[k] = next;
      next *= mean / static_cast<double>(k + 1);
    }
    double above = 0.0;
    for (size_t k = probability.size() - 1; k > 0; --k) {
      above += probability[k];
      above_[k - 1] = static_cast<int64_t>(above * 0x1p63);
    }
    return;
  }
  b_ = 0.931 + 2.53 * std::sqrt(mean);
  a_ = -0.059 + 0.02483 * b_;
  alpha_inverse_ = 1.1239 + 1.1328 / (b_ - 3.4);
  v_r_ = 0.9277 - 3.6224 / (b_ - 2.0);
}

// Transformed rejection with squeeze: algorithm PTRS of W. Hoermann, "The
// transformed rejection method for generating Poisson random variables",
// Insurance: Mathematics and Economics 12 (1993).
uint64_t PoissonNumbers::DrawByRejection(RandomDraws& draws) const {
  for (;;) {
    const double u = draws.Uniform() - 0.5, v = draws.Uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2.0 * a_ / us + b_) * u + mean_ + 0.43);
    if (us >= 0.07 && v <= v_r_) return static_cast<uint64_t>(k);
    if (!(k >= 0.0) || (us < 0.013 && v > us)) continue;
    if (Log(v * alpha_inverse_ / (a_ / (us * us) + b_)) <= LogProbability(k, mean_)) {
      return static_cast<uint64_t>(k);
    }
  }
}

}  // namespace spiked::engine
