// The cortical microcircuit at full scale: memory, time, and whether it fires
// as published.
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/presets/microcircuit.h"
#include "tests/bench/large_network.h"
#include "tests/bench/scenario.h"

namespace spiked::bench {
namespace {

// Fewer intervals tell nothing about how irregular a neuron fires.
constexpr uint64_t kFewestIntervals = 5;

// The coefficient of variation of a neuron's intervals between spikes, averaged
// over the neurons of a population that have fired often enough; NaN if none has.
double MeanIrregularity(const engine::SpikeList& spikes, size_t neurons) {
  struct Intervals {
    double last = -1.0, sum = 0.0, squares = 0.0;
    uint64_t count = 0;
  };
  std::vector<Intervals> all(neurons);
  for (size_t k = 0; k < spikes.stamps.size(); ++k) {
    Intervals& intervals = all[spikes.senders[k]];
    const auto stamp = static_cast<double>(spikes.stamps[k]);
    if (intervals.last >= 0.0) {
      const double interval = stamp - intervals.last;
      intervals.sum += interval;
      intervals.squares += interval * interval;
      ++intervals.count;
    }
    intervals.last = stamp;
  }
  double sum = 0.0;
  uint64_t counted = 0;
  for (const Intervals& intervals : all) {
    if (intervals.count < kFewestIntervals) continue;
    const auto count = static_cast<double>(intervals.count);
    const double mean = intervals.sum / count;
    sum += std::sqrt(std::max(0.0, intervals.squares / count - mean * mean)) / mean;
    ++counted;
  }
  return sum / static_cast<double>(counted);
}

}  // namespace

absl::Status RunMicrocircuit(const Settings& settings, Figures& figures) {
  const double scale = settings.quick ? 0.02 : 1.0;
  for (const auto input :
       {presets::MicrocircuitInput::kPoisson, presets::MicrocircuitInput::kDirect}) {
    const std::string name = input == presets::MicrocircuitInput::kPoisson ? "poisson" : "dc";
    const LargeNetwork network = {.name = name,
                                  .spec = presets::Microcircuit({.scale = scale, .input = input}),
                                  .warm_up_ms = settings.quick ? 50.0 : 500.0,
                                  .biological_ms = settings.quick ? 50.0 : 2000.0,
                                  .repetitions = 1};
    const engine::Step warm = std::llround(10.0 * network.warm_up_ms);
    absl::Status status = MeasureLargeNetwork(
        network,
        [&](const engine::Simulation& simulation) {
          const engine::Network& built = *simulation.networks()[0];
          const double seconds = 1e-3 * (simulation.now_ms() - network.warm_up_ms);
          for (const auto& population : built.populations()) {
            if (!population.recorded) continue;
            const engine::SpikeList spikes =
                built.Spikes(built.FindPopulation(population.name), warm, simulation.now()).List();
            figures.Add(absl::StrCat(name, ": firing rate of ", population.name), "Hz",
                        static_cast<double>(spikes.stamps.size()) / population.size / seconds);
            const double irregularity = MeanIrregularity(spikes, population.size);
            if (std::isfinite(irregularity)) {
              figures.Add(absl::StrCat(name, ": CV of intervals of ", population.name), "ratio",
                          irregularity);
            }
          }
        },
        figures);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace spiked::bench
