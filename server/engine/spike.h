// A spike on its way through the network.
#pragma once

#include <cstdint>
#include <tuple>

#include "server/engine/time.h"

namespace spiked::engine {

struct Spike {
  Step stamp;           // the end of the step in which it was emitted
  uint32_t population;  // of the sender
  uint32_t index;       // of the sender within its population
  uint32_t multiplicity;

  // Populations are numbered in order of creation, and so are their neurons.
  std::tuple<uint32_t, uint32_t, Step> BySender() const { return {population, index, stamp}; }
  std::tuple<Step, uint32_t, uint32_t> ByTime() const { return {stamp, population, index}; }
};

}  // namespace spiked::engine
