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

// In Hz, of a generator.
inline constexpr double kHighestRate = 1e8;

class PoissonInput {
 public:
  // Steps of a slice where spikes are drawn late, whatever the network's slices.
  static constexpr Step kLateSlice = 256;

  struct Event {
    Step stamp;
    uint32_t row, synapse;
    uint32_t multiplicity;
    static void Members(auto& e, auto&& visit) { visit(e.stamp, e.row, e.synapse, e.multiplicity); }
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
    if (silent_ && state_.carried.empty()) return true;
    for (const Event& event : state_.carried) {
      if (!visit(event)) return false;
    }
    if (!ForEachNewSpike(begin, end, visit)) return false;
    state_.carried.clear();
    return true;
  }

  // The end of the slice with the step that begins then.
  Step SliceEnd(Step step) const { return SliceOf(step) + slice_; }

  void Save(StateWriter& write) const { write(state_); }
  void Restore(StateReader& read);

 private:
  struct State {
    State(Step begin, Step from, Memory memory)
        : begin(begin), rates(memory), windows(memory), from(from), carried(memory) {}
    Step begin;                       // slices count from here
    std::pmr::vector<double> rates;   // in Hz, of each generator
    ActivityWindows windows;          // likewise
    uint64_t epoch = 0;               // how often the rates have changed
    Step from;                        // steps that end later follow the present rates
    std::pmr::vector<Event> carried;  // of the present slice, from before that
    static void Members(auto& s, auto&& visit) {
      visit(s.begin, Fixed(s.rates), Fixed(s.windows), s.epoch, s.from, s.carried);
    }
  };

  // Those from the present rates.
  template <typename Visit>
  bool ForEachNewSpike(Step begin, Step end, const Visit& visit) {
    if (silent_) return true;
    const Step after = std::max(begin, state_.from);
    for (Step at = SliceOf(after); at < end; at += slice_) {
      for (const Event& event : Slice(at)) {
        if (event.stamp > after && event.stamp <= end &&
            state_.windows[event.row].HasStamp(event.stamp) && !visit(event)) {
          return false;
        }
      }
    }
    return true;
  }
  // The beginning of the slice with the step that begins then.
  Step SliceOf(Step step) const { return state_.begin + (step - state_.begin) / slice_ * slice_; }
  void Restart(Step now);
  // What follows from the rates; what has been drawn is forgotten.
  void Derive();
  std::span<const Event> Slice(Step slice_begin);
  // A block; within a row, for each connection or for each step in turn.
  void Draw(Step block_begin);
  void DrawSpikes(uint32_t row, RandomKey key, const PoissonNumbers& numbers);
  void DrawSteps(uint32_t row, RandomKey key, const PoissonNumbers& numbers);

  const Synapses& synapses_;
  Grid grid_;
  uint32_t stream_;
  Step slice_;
  RandomKey key_;

  State state_;
  bool silent_ = true;  // derived: all rates are zero

  Step block_slices_ = 1;                   // slices in a block
  Step block_begin_ = -1;                   // of the block that is drawn, -1 if none
  std::pmr::vector<Event> drawn_, events_;  // as drawn, and by slice
  std::pmr::vector<uint32_t> slice_first_;  // into events_
  std::pmr::vector<uint64_t> numbers_[2];   // scratch: of two steps
};

}  // namespace spiked::engine
