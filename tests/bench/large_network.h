// What it costs to build and to run a large network, in process.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "server/engine/simulation.h"
#include "server/engine/spec.h"
#include "tests/bench/figures.h"

namespace spiked::bench {

struct LargeNetwork {
  std::string name;  // comes before the names of its figures
  engine::NetworkSpec spec;
  double warm_up_ms = 0.0;     // in which it finds its rate; does not count
  double biological_ms = 0.0;  // that are measured, for each number of threads
  int repetitions = 1;         // each with a network built anew
};

// Adds how long a network took to build, the bytes of a synapse, and the wall
// time of a biological second with one thread and with two. Calls `look` with
// the last network when all is measured.
absl::Status MeasureLargeNetwork(const LargeNetwork& network,
                                 absl::FunctionRef<void(const engine::Simulation&)> look,
                                 Figures& figures);

}  // namespace spiked::bench
