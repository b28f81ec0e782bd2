// The synapses of a projection, stored by source: the connections of a source
// neuron lie side by side, grouped by block of targets, within a block by
// delay, and then in order of connection.
//
// A block is a range of targets that is small enough for what arrives at them
// to stay at hand while the spikes of a slice are handed out to it. Within a
// source, synapses go by range of kRangeTargets targets, then by delay, then by
// order of connection, whatever the blocks, which consist of whole ranges.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "server/engine/connect.h"
#include "server/engine/math/random.h"
#include "server/engine/memory.h"
#include "server/engine/prefetch.h"
#include "server/engine/reach.h"
#include "server/engine/spec.h"
#include "server/engine/state.h"
#include "server/engine/time.h"

namespace spiked::engine {

class Crew;
class Pace;

class Synapses {
 public:
  // Draws and sorts the connections of a projection that has passed CheckSpec.
  // `number` is that of the projection within its network; `block_targets` are
  // the targets of a block. INVALID_ARGUMENT if a drawn weight or delay is out
  // of its bounds (fields `weight`, `delay_ms`), CANCELLED if the pace says stop. A crew shares the
  // work; what comes out does not depend on it.
  static absl::StatusOr<Synapses> Build(const ProjectionSpec& spec, const ConnectionShape& shape,
                                        const Grid& grid, RandomKey key, uint32_t number,
                                        uint32_t block_targets = kOneBlock, Crew* crew = nullptr,
                                        Memory memory = std::pmr::get_default_resource(),
                                        Pace* pace = nullptr);
  static constexpr uint32_t kRangeTargets = 2048;
  static constexpr uint32_t kOneBlock = std::numeric_limits<uint32_t>::max();

  uint32_t rows() const { return static_cast<uint32_t>(cell_begin_.size() - 1) / blocks_; }
  uint32_t blocks() const { return blocks_; }
  uint32_t BlockOf(uint32_t synapse) const { return BlockOfTarget(targets_[synapse]); }
  uint32_t BlockOfTarget(uint32_t target) const { return target / block_targets_; }
  uint32_t size() const { return static_cast<uint32_t>(targets_.size()); }
  uint32_t row_begin(uint32_t row) const { return cell_begin_[size_t{row} * blocks_]; }
  uint32_t row_end(uint32_t row) const { return cell_begin_[(size_t{row} + 1) * blocks_]; }

  // A cell: the synapses of one source in one block.
  uint32_t cell_begin(uint32_t row, uint32_t block) const {
    return cell_begin_[size_t{row} * blocks_ + block];
  }
  uint32_t cell_end(uint32_t row, uint32_t block) const {
    return cell_begin_[size_t{row} * blocks_ + block + 1];
  }

  // The source neuron of a synapse.
  uint32_t RowOf(uint32_t synapse) const;

  std::span<const uint32_t> targets() const { return targets_; }
  double weight(uint32_t synapse) const { return state_.weights[shared_weight() ? 0 : synapse]; }
  // Weights side by side from synapse `first` on; not where one is shared.
  const double* weights_from(uint32_t first) const { return state_.weights.data() + first; }
  // Whether all synapses have one weight, which is then kept only once.
  bool shared_weight() const { return state_.weights.size() != targets_.size(); }
  void ShareWeight(double weight) {
    state_.changed = true;
    state_.weights.assign(1, weight);
  }
  // Gives each synapse a weight of its own; false if stopped, then nothing has
  // changed.
  bool SpreadWeight(Pace* pace);
  // The weights, one for each synapse from now on.
  std::pmr::vector<double>& weights() {
    // Only once, as threads may ask at the same time.
    if (!state_.changed) state_.changed = true;
    if (shared_weight()) state_.weights.assign(targets_.size(), state_.weights[0]);
    return state_.weights;
  }

  // Delays in steps.
  const DelayRange& delays() const { return delays_; }
  bool uniform_delay() const { return delays_.shortest == delays_.longest; }
  Step DelayOf(uint32_t row, uint32_t synapse) const;

  // Calls visit(begin, end, delay) for the runs of equal delay among synapses
  // [first, last) of a cell.
  template <typename Visit>
  void ForEachDelay(uint32_t row, uint32_t block, uint32_t first, uint32_t last,
                    const Visit& visit) const {
    if (uniform_delay()) {
      visit(first, last, delays_.shortest);
      return;
    }
    const size_t cell = size_t{row} * blocks_ + block;
    for (uint32_t k = run_begin_[cell]; k < run_begin_[cell + 1]; ++k) {
      const uint32_t end =
          k + 1 < run_begin_[cell + 1] ? runs_[k + 1].begin : cell_begin_[cell + 1];
      const uint32_t from = std::max(runs_[k].begin, first), to = std::min(end, last);
      if (from < to) visit(from, to, runs_[k].delay);
    }
  }
  // Of a whole cell.
  template <typename Visit>
  void ForEachDelay(uint32_t row, uint32_t block, const Visit& visit) const {
    ForEachDelay(row, block, cell_begin(row, block), cell_end(row, block), visit);
  }

  // Asks for the memory that ForEachDelay is about to visit.
  void Prefetch(uint32_t row, uint32_t block) const {
    const size_t cell = size_t{row} * blocks_ + block;
    const uint32_t begin = cell_begin_[cell];
    const uint32_t end = std::min(cell_begin_[cell + 1], begin + kPrefetched);
    for (uint32_t k = begin; k < end; k += 64 / sizeof(k)) engine::Prefetch(&targets_[k]);
    if (!uniform_delay()) {
      const uint32_t first = run_begin_[cell], last = run_begin_[cell + 1];
      for (uint32_t k = first; k < last; k += 64 / sizeof(Run)) engine::Prefetch(&runs_[k]);
    }
    if (!shared_weight()) {
      const double* weights = state_.weights.data();
      for (uint32_t k = begin; k < end; k += 64 / sizeof(double)) engine::Prefetch(&weights[k]);
    }
  }

  void Save(StateWriter& write) const { write(state_); }
  void Restore(StateReader& read) {
    read(state_);
    const size_t weights = state_.weights.size();
    read.Require(weights == targets_.size() || weights == 1, "the number of weights");
  }

 private:
  friend class SynapseSorter;

  struct State {
    explicit State(Memory memory) : weights(memory) {}
    bool changed = false;              // else they follow from specification and seed
    std::pmr::vector<double> weights;  // one each, or one for all
    static void Members(auto& s, auto&& visit) { visit(s.changed, When(s.changed, s.weights)); }
  };

  explicit Synapses(Memory memory)
      : cell_begin_(memory), targets_(memory), state_(memory), run_begin_(memory), runs_(memory) {}

  struct Run {
    uint32_t begin;
    uint32_t delay;
  };

  // From where on the processor has seen by itself where this is going.
  static constexpr uint32_t kPrefetched = 128;

  uint32_t block_targets_ = kOneBlock, blocks_ = 1;
  std::pmr::vector<uint32_t> cell_begin_;  // [row][block], and the end
  std::pmr::vector<uint32_t> targets_;
  State state_;
  DelayRange delays_{};
  std::pmr::vector<uint32_t> run_begin_;  // as cell_begin_, into runs_; empty if uniform
  std::pmr::vector<Run> runs_;
};

}  // namespace spiked::engine
