// What the server may use of the machine.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace spiked {

struct Resources {
  int cores = 1;
  uint64_t memory_bytes = 0;
};

// Those of the machine, or what is left of them to the control groups (version 1
// or 2) that this process is in, such as those of its container: parts of a core
// count as one. `root` is where /proc and /sys are found.
Resources AvailableResources(const std::string& root = "");

// Starts so many threads, which end again: RESOURCE_EXHAUSTED where there cannot
// be as many. Want of threads would end a process that has begun its work.
absl::Status CheckThreads(int count);

}  // namespace spiked
