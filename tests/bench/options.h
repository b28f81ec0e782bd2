// The command line of spiked-bench.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/scenario.h"
#include "tests/bench/settings.h"

namespace spiked::bench {

struct Options {
  Settings settings;
  // Path; empty for none.
  std::string json;
  // What to run, in this order.
  std::vector<const Scenario*> scenarios;
  bool help = false;
};

// Reads the arguments that follow the program's name. INVALID_ARGUMENT with a
// message for people, if they make no sense.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

// What --help prints.
std::string HelpText();

}  // namespace spiked::bench
