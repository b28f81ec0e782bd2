// Exponential decay over whole steps.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/engine/math/exp.h"
#include "server/engine/memory.h"
#include "server/engine/time.h"

namespace spiked::engine {

// exp(-span / tau), from a table where the span is short. The table is a cache:
// the bits are those of Exp.
class Decay {
 public:
  // With a time constant in ms. `uses` is about how many objects decay by it: the
  // table takes no more memory than they.
  Decay(double tau_ms, const Grid& grid, size_t uses,
        Memory memory = std::pmr::get_default_resource())
      : tau_ms_(tau_ms), resolution_ms_(grid.resolution_ms()), table_(memory) {
    table_.resize(std::min(kLongestTable, std::bit_floor(uses)));
    for (size_t span = 0; span < table_.size(); ++span) {
      table_[span] = Compute(static_cast<Step>(span));
    }
  }

  // Spans may be negative.
  double operator()(Step span) const {
    const auto place = static_cast<uint64_t>(span);
    return place < table_.size() ? table_[place] : Compute(span);
  }

 private:
  // 400 ms at the default resolution, and no more than the first-level cache.
  static constexpr size_t kLongestTable = 4096;

  double Compute(Step span) const {
    return Exp(static_cast<double>(-span) * resolution_ms_ / tau_ms_);
  }

  double tau_ms_, resolution_ms_;
  std::pmr::vector<double> table_;
};

}  // namespace spiked::engine
