// The command line of spiked-bench.
#pragma once

#include <string>
#include <vector>

#include "client/command_line/command_line.h"
#include "tests/bench/scenario.h"
#include "tests/bench/settings.h"

namespace spiked::bench {

struct Options {
  Settings settings;
  // Path; empty for none.
  std::string json;
  // What to run, in this order; empty for all that run unless told otherwise.
  std::vector<const Scenario*> scenarios;
};

// What reads the options, which must outlive it.
CommandLine MakeCommandLine(Options& options);

// The scenarios to run, in this order.
std::vector<const Scenario*> ScenariosOf(const Options& options);

}  // namespace spiked::bench
