// Poisson numbers, the same on every processor and with every library.
#pragma once

#include <array>
#include <cstddef>
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
    return draws_once() ? DrawByInversion(draws) : DrawByRejection(draws);
  }

  // Whether each number takes one draw, as it does for a mean up to 12. Only
  // then may the following be called.
  bool draws_once() const { return mean_ <= kLargestTabulated; }

  // For each i < n the two numbers of RandomDraws(key, stream, first_index + i,
  // position).
  void OfIndices(RandomKey key, uint32_t stream, uint32_t first_index, uint64_t position, size_t n,
                 uint64_t* first, uint64_t* second) const;
  // For each i < n the two numbers of RandomDraws(key, stream, index,
  // first_position + i).
  void OfPositions(RandomKey key, uint32_t stream, uint32_t index, uint64_t first_position,
                   size_t n, uint64_t* first, uint64_t* second) const;

 private:
  // Up to here a table of all probabilities is short.
  static constexpr double kLargestTabulated = 12.0;

  uint64_t DrawByInversion(RandomDraws& draws) const {
    // 63 bits, as vector instructions compare numbers with a sign.
    const auto bits = static_cast<int64_t>(draws() >> 1);
    uint64_t k = 0;
    while (bits < above_[k]) ++k;
    return k;
  }
  uint64_t DrawByRejection(RandomDraws& draws) const;

  double mean_;
  // For small means: 2^63 times the probability of a number above k. The last
  // entry is always 0.
  std::array<int64_t, 64> above_ = {};
  // For large ones: constants of the method, by the letters of its paper.
  double a_ = 0.0, b_ = 0.0, alpha_inverse_ = 0.0, v_r_ = 0.0;
};

}  // namespace spiked::engine
