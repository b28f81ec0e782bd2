#include "tests/bench/machine.h"

#include <cstdlib>
#include <fstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace spiked::bench {
namespace {

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "model name")) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
  }
  return "unknown";
}

}  // namespace

Machine ThisMachine() {
  const char* commit = std::getenv("SPIKED_COMMIT");
  return {.processor = ProcessorName(),
          .cores = static_cast<int>(std::thread::hardware_concurrency()),
          .compiler = SPIKED_COMPILER,
          .commit = commit == nullptr ? "unknown" : commit};
}

}  // namespace spiked::bench
