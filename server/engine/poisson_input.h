// The spikes of poisson_generators on one projection: for each connection an
// independent Poisson process.
//
// The process is drawn block by block: the number of spikes of a block is
// Poisson distributed, and given their number each falls on any step of the
// block with equal probability, which is the same as an independent Poisson
// number in each step. That costs a draw for each spike and block, not one for
// each step. Where a step has many spikes, each draws its number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "server/engine/activity_window.h"
#include "server/engine/math/poisson.h"
#include "server/engine/math/random.h"
#include "server/engine/memory.h"
#include "server/engine/synapses.h"
#include "server/engine/time.h"

namespace spiked::engine {

class PoissonInput {
 public:
  struct Event {
    Step stamp;
    uint32_t row, synapse;
    uint32_t multiplicity;
  };

  // `rates` in Hz and `windows`, one for each generator, for steps that end later
  // than `now`; `slice` in steps; slices count from `begin`.
  PoissonInput(std::span<const double> rates, std::span<const ActivityWindow> windows,
               const Synapses& synapses, uint32_t projection, const Grid& grid, Step slice,
               Step begin, Step now, RandomKey key,
               Memory memory = std::pmr::get_default_resource());

  // New rates and windows for steps that end later than `now`, within a slice that
  // began at `slice_begin`.
  void SetRates(std::span<const double> rates, std::span<const ActivityWindow> windows,
                Step slice_begin, Step now);

  // The spikes of such a slice up to now.
  std::pmr::vector<Event> SpikesUntil(Step slice_begin, Step now);
  // Slices have another length from now on, and count from `begin`; the present
  // one has had `spikes`. Never fails.
  void SetSlice(Step slice, Step begin, Step now, std::pmr::vector<Event> spikes);

  // Calls visit(event) for all spikes of a slice, stamped in (begin, end], until it
  // returns false; then returns false, and will begin with the first one again.
  template <typename Visit>
  bool ForEachSpike(Step begin, Step end, const Visit& visit) {
    if (silent_ && carried_.empty()) return true;
    for (const Event& event : carried_) {
      if (!visit(event)) return false;
    }
    if (!ForEachNewSpike(begin, end, visit)) return false;
    carried_.clear();
    return true;
  }

 private:
  // Those from the present rates.
  template <typename Visit>
  bool ForEachNewSpike(Step begin, Step end, const Visit& visit) {
    if (silent_) return true;
    const Step after = std::max(begin, from_);
    for (Step at = SliceOf(after); at < end; at += slice_) {
      for (const Event& event : Slice(at)) {
        if (event.stamp > after && event.stamp <= end &&
            windows_[event.row].HasStamp(event.stamp) && !visit(event)) {
          return false;
        }
      }
    }
    return true;
  }
  // The beginning of the slice with the step that begins then.
  Step SliceOf(Step step) const { return begin_ + (step - begin_) / slice_ * slice_; }
  void Restart(Step now);
  std::span<const Event> Slice(Step slice_begin);
  // A block; within a row, for each connection or for each step in turn.
  void Draw(Step block_begin);
  void DrawSpikes(uint32_t row, RandomKey key, const PoissonNumbers& numbers);
  void DrawSteps(uint32_t row, RandomKey key, const PoissonNumbers& numbers);

  const Synapses& synapses_;
  Grid grid_;
  uint32_t stream_;
  Step slice_, begin_;
  RandomKey key_;

  std::pmr::vector<double> rates_;
  ActivityWindows windows_;
  uint64_t epoch_ = 0;               // how often the rates have changed
  Step from_;                        // steps that end later follow the present rates
  bool silent_ = true;               // all rates are zero
  std::pmr::vector<Event> carried_;  // of the present slice, from before from_

  Step block_slices_ = 1;                   // slices in a block
  Step block_begin_ = -1;                   // of the block that is drawn, -1 if none
  std::pmr::vector<Event> drawn_, events_;  // as drawn, and by slice
  std::pmr::vector<uint32_t> slice_first_;  // into events_
  std::pmr::vector<uint64_t> numbers_[2];   // scratch: of two steps
};

}  // namespace spiked::engine
