// A large network alone in the process.
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/engine/simulation.h"
#include "tests/bench/balanced_network.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/scenario.h"
#include "tests/bench/stopwatch.h"

namespace spiked::bench {
namespace {

constexpr std::array kThreadCounts = {1, 2};

struct Samples {
  std::vector<double> build_s;
  std::vector<double> bytes_per_synapse;
  std::vector<double> rate_hz;
  std::array<std::vector<double>, kThreadCounts.size()> wall_per_biological_s;
};

absl::Status AddSample(const engine::NetworkSpec& spec, double biological_s, Samples* samples) {
  // What the last network has left to the allocator would be used again.
  malloc_trim(0);
  const auto before = ReadUsage(getpid());
  if (!before.ok()) return before.status();
  engine::Simulation simulation(0.1, /*seed=*/1);
  const Stopwatch build;
  const auto network = simulation.AddNetwork("balanced", spec);
  if (!network.ok()) return network.status();
  samples->build_s.push_back(build.Seconds());
  const auto after = ReadUsage(getpid());
  if (!after.ok()) return after.status();
  const engine::NetworkSize size = (*network)->size();
  samples->bytes_per_synapse.push_back(
      (static_cast<double>(after->resident_bytes) - static_cast<double>(before->resident_bytes)) /
      static_cast<double>(size.synapses));

  // The first 200 ms, in which it finds its rate, do not count.
  if (absl::Status status = simulation.Advance(2000); !status.ok()) return status;
  for (size_t k = 0; k < kThreadCounts.size(); ++k) {
    const uint64_t spikes_before = CountSpikes(**network);
    const Stopwatch run;
    absl::Status status = simulation.Advance(std::llround(10'000 * biological_s), kThreadCounts[k]);
    if (!status.ok()) return status;
    samples->wall_per_biological_s[k].push_back(run.Seconds() / biological_s);
    samples->rate_hz.push_back(static_cast<double>(CountSpikes(**network) - spikes_before) /
                               static_cast<double>(size.neurons) / biological_s);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunLarge(const Settings& settings, Figures& figures) {
  const auto neurons = static_cast<uint32_t>(settings.Pick(10'000, 500));
  const auto spec = BalancedNetwork(neurons, settings.Pick(1250, 100));
  Samples samples;
  for (int k = 0; k < settings.Pick(5, 1); ++k) {
    absl::Status status = AddSample(spec, settings.quick ? 0.1 : 1.0, &samples);
    if (!status.ok()) return status;
  }
  figures.Add("build", "s", samples.build_s);
  figures.Add("memory per synapse", "bytes", samples.bytes_per_synapse);
  figures.Add("firing rate", "Hz", samples.rate_hz);
  for (size_t k = 0; k < kThreadCounts.size(); ++k) {
    figures.Add(absl::StrCat("wall time per biological second, threads: ", kThreadCounts[k]), "s",
                samples.wall_per_biological_s[k]);
  }
  return absl::OkStatus();
}

}  // namespace spiked::bench
