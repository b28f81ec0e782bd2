// Operator new as tests want it: counting, and failing when told to.
#pragma once

#include <cstdint>

namespace spiked::session {

// Memory that this thread has asked operator new for, so many times so far.
uint64_t Allocations();

// Has operator new fail once on this thread, when it is asked for the n-th time from
// now on; 0: never. Returns what was left of the n before: 0 if it has failed.
uint64_t FailAllocation(uint64_t n);

}  // namespace spiked::session
