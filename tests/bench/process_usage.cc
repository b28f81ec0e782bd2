#include "tests/bench/process_usage.h"

#include <ctime>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace spiked::bench {

absl::StatusOr<ProcessUsage> ReadUsage(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/status");
  std::ifstream file(path);
  ProcessUsage usage;
  for (std::string key; file >> key;) {
    if (key == "VmRSS:") {
      file >> usage.resident_bytes;
      usage.resident_bytes *= 1024;  // the unit there is kB
    } else if (key == "Threads:") {
      file >> usage.threads;
    }
  }
  if (usage.resident_bytes == 0) return absl::NotFoundError(absl::StrCat("no VmRSS in ", path));
  return usage;
}

absl::StatusOr<double> CpuSeconds(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    return absl::NotFoundError(absl::StrCat("there is no process ", pid));
  }
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace spiked::bench
