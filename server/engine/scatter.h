// Weights on their way into the rings of neurons that are far apart in memory: each place
// is asked for when it is known, and added to when some others have been, too.
#pragma once

#include <array>
#include <cstddef>

#include "server/engine/prefetch.h"

namespace spiked::engine {

class Scatter {
 public:
  Scatter() = default;
  ~Scatter() { Flush(); }
  Scatter(const Scatter&) = delete;

  // *place += weight, in the order of these calls, at the latest when the scatter is gone.
  void Add(double* place, double weight) {
    if (count_ == kMost) Flush();
    Prefetch(place);
    places_[count_] = place;
    weights_[count_] = weight;
    ++count_;
  }

 private:
  static constexpr size_t kMost = 128;

  void Flush() {
    for (size_t k = 0; k < count_; ++k) *places_[k] += weights_[k];
    count_ = 0;
  }

  size_t count_ = 0;
  std::array<double*, kMost> places_;
  std::array<double, kMost> weights_;
};

}  // namespace spiked::engine
