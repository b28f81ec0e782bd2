// Bernoulli trials without drawing each of them.
#pragma once

#include <cstdint>

#include "server/engine/math/log.h"
#include "server/engine/math/random.h"

namespace spiked::engine {

// Draws how many trials fail before the next one succeeds: a geometric number,
// that is an exponential one cut off after the point.
class BernoulliGaps {
 public:
  // Stands for all numbers that are larger.
  static constexpr uint64_t kMost = uint64_t{1} << 62;

  // Each trial succeeds with `probability`, from 0 to 1.
  explicit BernoulliGaps(double probability) : rate_(-Log1p(-probability)) {}

  uint64_t operator()(RandomDraws& draws) const {
    const double gap = -Log1p(-draws.FineUniform()) / rate_;
    // Not so for infinity either, nor for 0/0 of trials that never succeed.
    return gap < static_cast<double>(kMost) ? static_cast<uint64_t>(gap) : kMost;
  }

 private:
  double rate_;
};

}  // namespace spiked::engine
