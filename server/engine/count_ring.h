// Spikes under way to relays and volume transmitters, which count them and do
// not weigh them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/state.h"
#include "server/engine/time.h"

namespace spiked::engine {

class CountRing {
 public:
  // For `size` receivers; at any time arrivals may lie up to `horizon` steps
  // ahead of what has been taken.
  CountRing(uint32_t size, Step horizon, Memory memory = std::pmr::get_default_resource())
      : slots_(std::bit_ceil(static_cast<size_t>(horizon))), state_(slots_, size, memory) {}

  // A ring that reaches further, with what `other` has under way at `now`.
  CountRing(const CountRing& other, Step horizon, Step now, Memory memory)
      : CountRing(other.state_.size, horizon, memory) {
    for (Step arrival = now + 1; arrival <= now + static_cast<Step>(other.slots_); ++arrival) {
      const size_t from = other.SlotOf(arrival), to = SlotOf(arrival);
      if (other.state_.occupied[from] == 0) continue;
      std::copy_n(other.state_.counts.begin() + static_cast<ptrdiff_t>(from * state_.size),
                  state_.size, state_.counts.begin() + static_cast<ptrdiff_t>(to * state_.size));
      state_.occupied[to] = 1;
      ++under_way_;
    }
  }

  // Counts stop at kMostSimultaneous, which a cascade of relays can reach.
  void Add(uint32_t receiver, Step arrival, uint64_t multiplicity) {
    const size_t slot = SlotOf(arrival);
    uint64_t& count = state_.counts[slot * state_.size + receiver];
    count += std::min(multiplicity, kMostSimultaneous - count);
    under_way_ += state_.occupied[slot] == 0;
    state_.occupied[slot] = 1;
  }

  // Calls visit(receiver, arrival, multiplicity) for all that arrives at steps
  // in (after, until], and forgets it.
  template <typename Visit>
  void Take(Step after, Step until, const Visit& visit) {
    for (Step arrival = after + 1; arrival <= until && under_way_ > 0; ++arrival) {
      const size_t slot = SlotOf(arrival);
      if (!state_.occupied[slot]) continue;
      state_.occupied[slot] = 0;
      --under_way_;
      for (uint32_t k = 0; k < state_.size; ++k) {
        uint64_t& count = state_.counts[slot * state_.size + k];
        if (count == 0) continue;
        visit(k, arrival, count);
        count = 0;
      }
    }
  }

  void Save(StateWriter& write) const { write(state_); }
  void Restore(StateReader& read) {
    read(state_);
    for (const uint64_t count : state_.counts) read.Require(count <= kMostSimultaneous, "a count");
    under_way_ = static_cast<size_t>(
        std::ranges::count_if(state_.occupied, [](uint8_t slot) { return slot != 0; }));
  }

 private:
  struct State {
    State(size_t slots, uint32_t size, Memory memory)
        : size(size), counts(slots * size, memory), occupied(slots, memory) {}
    const uint32_t size;                 // derived: receivers
    std::pmr::vector<uint64_t> counts;   // [slot][receiver]
    std::pmr::vector<uint8_t> occupied;  // [slot]
    static void Members(auto& s, auto&& visit) {
      visit(Fixed(s.occupied), OccupiedRows{s.counts.data(), s.occupied, s.size, s.size});
    }
  };

  size_t SlotOf(Step arrival) const { return static_cast<size_t>(arrival) & (slots_ - 1); }

  size_t slots_;
  State state_;
  size_t under_way_ = 0;  // derived: occupied slots
};

}  // namespace spiked::engine
