#include "tests/bench/large_network.h"

#include <malloc.h>
#include <unistd.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "server/engine/crew.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/stopwatch.h"

namespace spiked::bench {
namespace {

constexpr std::array kThreadCounts = {1, 2};
constexpr int kTurns = 4;
constexpr double kResolutionMs = 0.1;

engine::Step Steps(double ms) { return std::llround(ms / kResolutionMs); }

// What the process has in memory now, and nothing that the last network has
// left to the allocator, which would be used again.
absl::StatusOr<double> ResidentBytes() {
  malloc_trim(0);
  const auto usage = ReadUsage(getpid());
  if (!usage.ok()) return usage.status();
  return static_cast<double>(usage->resident_bytes);
}

}  // namespace

absl::Status MeasureLargeNetwork(const LargeNetwork& network,
                                 absl::FunctionRef<void(const engine::Simulation&)> look,
                                 Figures& figures) {
  std::vector<double> build_s, build_ns, bytes_per_synapse;
  std::array<std::vector<double>, kThreadCounts.size()> wall_per_biological_s;
  engine::Helpers helpers(kThreadCounts.back() - 1);
  for (int repetition = 0; repetition < network.repetitions; ++repetition) {
    const auto before = ResidentBytes();
    if (!before.ok()) return before.status();
    engine::Simulation simulation(kResolutionMs, /*seed=*/1);
    const Stopwatch build;
    const auto built = simulation.AddNetwork("net", network.spec);
    if (!built.ok()) return built.status();
    build_s.push_back(build.Seconds());
    const auto after = ResidentBytes();
    if (!after.ok()) return after.status();
    const auto synapses = static_cast<double>((*built)->size().synapses);
    build_ns.push_back(1e9 * build_s.back() / synapses);
    bytes_per_synapse.push_back((*after - *before) / synapses);

    absl::Status status = simulation.Advance(Steps(network.warm_up_ms));
    if (!status.ok()) return status;
    // In short turns, each order as often as the other: a network's activity changes
    // with time, above all where its weights do.
    std::array<double, kThreadCounts.size()> wall_s{};
    for (int turn = 0; turn < kTurns; ++turn) {
      for (size_t k = 0; k < kThreadCounts.size(); ++k) {
        const size_t which = turn % 2 == 0 ? k : kThreadCounts.size() - 1 - k;
        engine::Crew crew(&helpers);
        crew.Call(kThreadCounts[which] - 1);
        const Stopwatch run;
        status = simulation.Advance(Steps(network.biological_ms / kTurns), &crew);
        if (!status.ok()) return status;
        wall_s[which] += run.Seconds();
      }
    }
    for (size_t k = 0; k < kThreadCounts.size(); ++k) {
      wall_per_biological_s[k].push_back(wall_s[k] / (1e-3 * network.biological_ms));
    }
    if (repetition + 1 == network.repetitions) look(simulation);
  }
  figures.Add(absl::StrCat(network.name, ": build"), "s", build_s);
  figures.Add(absl::StrCat(network.name, ": build, per synapse"), "ns", build_ns);
  figures.Add(absl::StrCat(network.name, ": memory per synapse"), "bytes", bytes_per_synapse);
  for (size_t k = 0; k < kThreadCounts.size(); ++k) {
    figures.Add(absl::StrCat(network.name,
                             ": wall time per biological second, threads: ", kThreadCounts[k]),
                "s", wall_per_biological_s[k]);
  }
  return absl::OkStatus();
}

}  // namespace spiked::bench
