#include "server/resources.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace spiked {
namespace {

// Calls `use` with the folder of the group and with those of all groups around it.
// In a container the group may go by a name from outside; its folder is then the
// top.
void ForEachGroup(const std::string& top, std::string group,
                  const std::function<void(const std::string& folder)>& use) {
  while (true) {
    use(top + group);
    if (group.empty()) return;
    group.resize(group.rfind('/'));
  }
}

// Nothing is changed where the file says nothing, or that there is no limit.
void LimitMemory(const std::string& file, Resources& resources) {
  uint64_t bytes;
  if (std::ifstream(file) >> bytes)
    resources.memory_bytes = std::min(resources.memory_bytes, bytes);
}

void LimitCores(double quota_us, double period_us, Resources& resources) {
  if (quota_us <= 0 || period_us <= 0) return;
  const double cores = std::ceil(quota_us / period_us);
  if (cores < resources.cores) resources.cores = static_cast<int>(cores);
}

void LimitByVersion2(const std::string& folder, Resources& resources) {
  LimitMemory(folder + "/memory.max", resources);
  double quota_us, period_us;
  if (std::ifstream(folder + "/cpu.max") >> quota_us >> period_us) {
    LimitCores(quota_us, period_us, resources);
  }
}

void LimitCoresByVersion1(const std::string& folder, Resources& resources) {
  double quota_us, period_us;
  if (std::ifstream(folder + "/cpu.cfs_quota_us") >> quota_us &&
      std::ifstream(folder + "/cpu.cfs_period_us") >> period_us) {
    LimitCores(quota_us, period_us, resources);
  }
}

}  // namespace

Resources AvailableResources(const std::string& root) {
  Resources resources;
  resources.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  resources.memory_bytes =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const std::string top = root + "/sys/fs/cgroup";
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    // NUMBER:CONTROLLERS:/GROUP, with no controllers for version 2.
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3 || !absl::StartsWith(parts[2], "/")) continue;
    const std::string group = parts[2] == "/" ? "" : parts[2];
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    for (const std::string& controller : controllers) {
      if (controller.empty()) {
        ForEachGroup(top, group, [&](const auto& folder) { LimitByVersion2(folder, resources); });
      } else if (controller == "memory") {
        ForEachGroup(top + "/memory", group, [&](const auto& folder) {
          LimitMemory(folder + "/memory.limit_in_bytes", resources);
        });
      } else if (controller == "cpu") {
        ForEachGroup(top + "/cpu", group,
                     [&](const auto& folder) { LimitCoresByVersion1(folder, resources); });
      }
    }
  }
  return resources;
}

absl::Status CheckThreads(int count) {
  std::vector<std::thread> threads;
  std::promise<void> over;
  const std::shared_future<void> end(over.get_future());
  absl::Status status;
  try {
    while (std::ssize(threads) < count) threads.emplace_back([end] { end.wait(); });
  } catch (const std::system_error& error) {
    status = absl::ResourceExhaustedError(
        absl::StrCat("takes ", count, " threads to begin with, and there can be no more than ",
                     threads.size(), ": ", error.what()));
  }
  over.set_value();
  for (std::thread& thread : threads) thread.join();
  return status;
}

}  // namespace spiked
