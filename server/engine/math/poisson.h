// Poisson numbers, the same on every processor and with every library.
#pragma once

#include <array>
#include <cstdint>

#include "server/engine/math/random.h"

namespace spiked::engine {

// Draws numbers with a given mean.
class PoissonNumbers {
 public:
  // `mean` from 0 to 1e12.
  explicit PoissonNumbers(double mean = 0.0);

  double mean() const { return mean_; }
  uint64_t operator()(RandomDraws& draws) const {
    return mean_ <= kLargestTabulated ? DrawByInversion(draws) : DrawByRejection(draws);
  }

 private:
  // Up to here a table of all probabilities is short.
  static constexpr double kLargestTabulated = 12.0;

  uint64_t DrawByInversion(RandomDraws& draws) const {
    const uint64_t bits = draws();
    uint64_t k = 0;
    while (bits < above_[k]) ++k;
    return k;
  }
  uint64_t DrawByRejection(RandomDraws& draws) const;

  double mean_;
  // For small means: 2^64 times the probability of a number above k. The last
  // entry is always 0.
  std::array<uint64_t, 64> above_ = {};
  // For large ones: constants of the method, by the letters of its paper.
  double a_ = 0.0, b_ = 0.0, alpha_inverse_ = 0.0, v_r_ = 0.0;
};

}  // namespace spiked::engine
