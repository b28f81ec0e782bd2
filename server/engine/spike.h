// A spike on its way through the network.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <tuple>

#include "server/engine/time.h"

namespace spiked::engine {

struct Spike {
  Step stamp;             // the end of the step in which it was emitted
  uint32_t population;    // of the sender
  uint32_t index;         // of the sender within its population
  uint64_t multiplicity;  // at most kMostSimultaneous

  static void Members(auto& s, auto&& visit) {
    visit(s.stamp, s.population, s.index, s.multiplicity);
  }

  // Populations are numbered in order of creation, and so are their neurons.
  std::tuple<uint32_t, uint32_t, Step> BySender() const { return {population, index, stamp}; }
  std::tuple<Step, uint32_t, uint32_t> ByTime() const { return {stamp, population, index}; }
};

// Sorts by a key; a generator's spikes of one step keep the order in which they
// were given. Few spikes, as most slices have, are sorted where they are.
template <typename Key>
void SortSpikes(std::span<Spike> spikes, Key key) {
  constexpr size_t kFew = 32;
  if (spikes.size() > kFew) {
    std::ranges::stable_sort(spikes, {}, key);
    return;
  }
  for (size_t k = 1; k < spikes.size(); ++k) {
    const Spike spike = spikes[k];
    size_t at = k;
    for (; at > 0 && std::invoke(key, spike) < std::invoke(key, spikes[at - 1]); --at) {
      spikes[at] = spikes[at - 1];
    }
    spikes[at] = spike;
  }
}

}  // namespace spiked::engine
