// What a process has taken of the machine.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "absl/status/statusor.h"

namespace spiked::bench {

struct ProcessUsage {
  uint64_t resident_bytes = 0;
  int threads = 0;
};

// From /proc/PID/status.
absl::StatusOr<ProcessUsage> ReadUsage(pid_t pid);

// Processor time of all threads of a process so far, in s.
absl::StatusOr<double> CpuSeconds(pid_t pid);

}  // namespace spiked::bench
