#include "server/engine/synapses.h"

#include <algorithm>
#include <iterator>

#include "server/engine/pace.h"

namespace spiked::engine {

uint32_t Synapses::RowOf(uint32_t synapse) const {
  const auto after = std::ranges::upper_bound(cell_begin_, synapse);
  return static_cast<uint32_t>(std::prev(after) - cell_begin_.begin()) / blocks_;
}

Step Synapses::DelayOf(uint32_t row, uint32_t synapse) const {
  if (uniform_delay()) return delays_.shortest;
  const auto begin = runs_.begin() + run_begin_[size_t{row} * blocks_];
  const auto end = runs_.begin() + run_begin_[(size_t{row} + 1) * blocks_];
  return std::prev(std::upper_bound(begin, end, synapse,
                                    [](uint32_t k, const Run& run) { return k < run.begin; }))
      ->delay;
}

bool Synapses::SpreadWeight(Pace* pace) {
  state_.changed = true;
  if (!shared_weight()) return true;
  std::pmr::vector<double> weights(state_.weights.get_allocator());
  if (!FillUp(&weights, targets_.size(), state_.weights[0], pace)) return false;
  state_.weights.swap(weights);
  return true;
}

}  // namespace spiked::engine
