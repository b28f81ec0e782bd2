// How far ahead a network has to look, from the delays of its projections.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "server/engine/time.h"

namespace spiked::engine {

// The delays of a projection, in steps.
struct DelayRange {
  Step shortest, longest;
};

// Rings reach no further than this, so that the memory of a neuron does not
// grow with its delays: rarer, slower spikes wait in a queue.
inline constexpr Step kMaxHorizon = 64;

class Reach {
 public:
  explicit Reach(const Grid& grid)
      : slice_without_delays_(std::max<Step>(1, std::llround(1.0 / grid.resolution_ms()))) {}

  void Include(const DelayRange& delays) {
    shortest_ = std::min(shortest_.value_or(delays.shortest), delays.shortest);
    longest_ = std::max(longest_, delays.longest);
    // As far as the slowest projection that is not too slow altogether.
    if (delays.shortest <= kMaxHorizon) {
      horizon_ = std::max(horizon_, std::min(delays.longest, kMaxHorizon));
    }
  }

  // dmin: the shortest delay, or a millisecond where there is none.
  Step slice() const { return shortest_.value_or(slice_without_delays_); }

  // Whether no two delays differ.
  bool one_delay() const { return !shortest_ || *shortest_ == longest_; }

  // How far ahead of the present the rings reach, at most kMaxHorizon.
  Step horizon() const { return std::max(horizon_, std::min(slice(), kMaxHorizon)); }

 private:
  Step slice_without_delays_;
  std::optional<Step> shortest_;
  Step longest_ = 0, horizon_ = 1;
};

}  // namespace spiked::engine
