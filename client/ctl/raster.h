// Spikes as dots: a population below the other, time from left to right.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "spiked/v1/simulation_service.pb.h"

namespace spiked::ctl {

class Raster {
 public:
  // Shows so much biological time, the latest.
  explicit Raster(double window_ms) : window_ms_(window_ms) {}

  // Takes what a frame tells.
  void Add(const v1::WatchSessionResponse& frame);

  // At most so many lines of so many columns, each with a line's end.
  std::string Draw(size_t columns, size_t lines) const;

 private:
  struct Spike {
    double time_ms;
    uint32_t sender;
  };
  struct Population {
    std::string name;
    uint32_t size;
    std::deque<Spike> spikes;  // within the window
  };

  std::string Head() const;

  const double window_ms_;
  double begin_ms_ = 0;  // what came before was not told
  v1::WatchSessionResponse last_;
  uint64_t lost_ = 0;
  std::vector<Population> populations_;
};

}  // namespace spiked::ctl
