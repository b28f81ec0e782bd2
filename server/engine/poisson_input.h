// The spikes of poisson_generators on one projection: for each connection an
// independent Poisson process.
//
// Some slices are drawn together: the number of their spikes is Poisson
// distributed, and given their number each falls on any of their steps with equal
// probability, which is the same as an independent Poisson number in each step.
// That costs a draw for each spike, not one for each step. Where a step has many
// spikes, each draws its number.
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

  // The spikes of the present slice that followed earlier rates.
  std::span<const Event> carried() const { return state_.carried; }
  void ForgetCarried() { state_.carried.clear(); }

  // Whether spikes that follow the present rates may be stamped in (begin, end].
  bool AnyFollow(Step begin, Step end) const {
    return !silent_ && std::max(begin, state_.from) < end;
  }
  // Where any may: those at the targets of a block (see synapses.h), of the slice with the
  // step that begins then; among others of that slice, for which Follows does not hold.
  // Threads may ask for different blocks at the same time.
  std::span<const Event> Drawn(uint32_t block, Step begin) {
    return SliceAt(block, SliceOf(std::max(begin, state_.from)));
  }
  bool Follows(const Event& event, Step begin, Step end) const {
    return event.stamp > std::max(begin, state_.from) && event.stamp <= end &&
           state_.windows[event.row].HasStamp(event.stamp);
  }

  // Calls visit(event) for all spikes, carried and new ones, that are stamped in
  // (begin, end]; those that were carried are forgotten.
  template <typename Visit>
  void ForEachSpike(Step begin, Step end, const Visit& visit) {
    for (const Event& event : state_.carried) visit(event);
    ForEachNewSpike(begin, end, visit);
    ForgetCarried();
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

  // What is drawn for the targets of one block.
  struct Drawing {
    explicit Drawing(Memory memory)
        : drawn(memory), events(memory), slice_first(memory), first(memory), second(memory) {}
    Step begin = -1;                           // of the steps that are drawn, -1 if none are
    std::pmr::vector<Event> drawn, events;     // as drawn, and by slice
    std::pmr::vector<uint32_t> slice_first;    // into events
    std::pmr::vector<uint64_t> first, second;  // scratch: numbers of two steps
    PoissonNumbers numbers;                    // of the latest mean
  };

  // Those from the present rates.
  template <typename Visit>
  void ForEachNewSpike(Step begin, Step end, const Visit& visit) {
    if (silent_) return;
    const Step after = std::max(begin, state_.from);
    for (uint32_t block = 0; block < drawings_.size(); ++block) {
      for (Step at = SliceOf(after); at < end; at += slice_) {
        for (const Event& event : SliceAt(block, at)) {
          if (Follows(event, begin, end)) visit(event);
        }
      }
    }
  }
  // The beginning of the slice with the step that begins then.
  Step SliceOf(Step step) const { return state_.begin + (step - state_.begin) / slice_ * slice_; }
  void Restart(Step now);
  std::span<const Event> SliceAt(uint32_t block, Step begin);
  // What follows from the rates; what has been drawn is forgotten.
  void Derive();
  // Slices together, from `begin` on; within a row, for each connection or for each step
  // in turn.
  void Draw(uint32_t block, Step begin);
  void DrawSpikes(uint32_t row, uint32_t block, RandomKey key, Step begin);
  void DrawSteps(uint32_t row, uint32_t block, RandomKey key, Step begin);

  const Synapses& synapses_;
  Grid grid_;
  uint32_t stream_;
  Step slice_;
  RandomKey key_;

  State state_;
  bool silent_ = true;  // derived: all rates are zero

  Step slices_together_ = 1;            // that are drawn at once
  std::pmr::vector<Drawing> drawings_;  // by block of targets
};

}  // namespace spiked::engine
