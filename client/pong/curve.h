// A quantity over a match, for a chart of the whole match.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace spiked::pong {

// A quantity over a match whose length is known, in bounded memory: the match is
// cut into slots, each of which keeps its last value.
class Curve {
 public:
  explicit Curve(int64_t total_polls)
      : total_(total_polls), slots_(static_cast<size_t>(std::min<int64_t>(total_polls, 512))) {}

  // Takes down the value after poll `index`. Polls come in order.
  void Add(int64_t index, double value) {
    slots_[static_cast<size_t>(index * static_cast<int64_t>(slots_.size()) / total_)] = value;
  }

  // The value in column `column` of a chart of the whole match that is `columns`
  // wide; nothing where the match has not come to yet.
  std::optional<double> At(int column, int columns) const {
    return slots_[static_cast<size_t>(column) * slots_.size() / static_cast<size_t>(columns)];
  }

 private:
  int64_t total_;
  std::vector<std::optional<double>> slots_;
};

}  // namespace spiked::pong
