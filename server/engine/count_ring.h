// Spikes under way to relays and volume transmitters, which count them and do
// not weigh them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/time.h"

namespace spiked::engine {

class CountRing {
 public:
  // For `size` receivers; at any time arrivals may lie up to `horizon` steps
  // ahead of what has been taken.
  CountRing(uint32_t size, Step horizon, Memory memory = std::pmr::get_default_resource())
      : size_(size),
        slots_(std::bit_ceil(static_cast<size_t>(horizon))),
        counts_(slots_ * size, memory),
        occupied_(slots_, memory) {}

  // A ring that reaches further, with what `other` has under way at `now`.
  CountRing(const CountRing& other, Step horizon, Step now, Memory memory)
      : CountRing(other.size_, horizon, memory) {
    for (Step arrival = now + 1; arrival <= now + static_cast<Step>(other.slots_); ++arrival) {
      const size_t from = other.SlotOf(arrival), to = SlotOf(arrival);
      if (other.occupied_[from] == 0) continue;
      std::copy_n(other.counts_.begin() + static_cast<ptrdiff_t>(from * size_), size_,
                  counts_.begin() + static_cast<ptrdiff_t>(to * size_));
      occupied_[to] = 1;
      ++under_way_;
    }
  }

  // Counts stop at kMostSimultaneous, which a cascade of relays can reach.
  void Add(uint32_t receiver, Step arrival, uint64_t multiplicity) {
    const size_t slot = SlotOf(arrival);
    uint64_t& count = counts_[slot * size_ + receiver];
    count += std::min(multiplicity, kMostSimultaneous - count);
    under_way_ += occupied_[slot] == 0;
    occupied_[slot] = 1;
  }

  // Calls visit(receiver, arrival, multiplicity) for all that arrives at steps
  // in (after, until], and forgets it.
  template <typename Visit>
  void Take(Step after, Step until, const Visit& visit) {
    for (Step arrival = after + 1; arrival <= until && under_way_ > 0; ++arrival) {
      const size_t slot = SlotOf(arrival);
      if (!occupied_[slot]) continue;
      occupied_[slot] = 0;
      --under_way_;
      for (uint32_t k = 0; k < size_; ++k) {
        uint64_t& count = counts_[slot * size_ + k];
        if (count == 0) continue;
        visit(k, arrival, count);
        count = 0;
      }
    }
  }

 private:
  size_t SlotOf(Step arrival) const { return static_cast<size_t>(arrival) & (slots_ - 1); }

  uint32_t size_;
  size_t slots_;
  std::pmr::vector<uint64_t> counts_;   // [slot][receiver]
  std::pmr::vector<uint8_t> occupied_;  // [slot]
  size_t under_way_ = 0;                // occupied slots
};

}  // namespace spiked::engine
