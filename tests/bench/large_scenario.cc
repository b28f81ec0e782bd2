// Large balanced networks alone in the process, static and plastic.
#include "tests/bench/balanced_network.h"
#include "tests/bench/large_network.h"
#include "tests/bench/scenario.h"

namespace spiked::bench {

absl::Status RunLarge(const Settings& settings, Figures& figures) {
  constexpr uint32_t kIndegree = 1250;
  const auto balanced = [&](std::string name, uint32_t neurons, double biological_ms,
                            int repetitions) {
    return LargeNetwork{.name = std::move(name),
                        .spec = settings.quick ? BalancedNetwork(neurons / 20, kIndegree / 20)
                                               : BalancedNetwork(neurons, kIndegree),
                        .warm_up_ms = 200.0,
                        .biological_ms = settings.quick ? 10.0 : biological_ms,
                        .repetitions = settings.Pick(repetitions, 1)};
  };
  // 12.7 million synapses, 8.1 million of them plastic.
  const LargeNetwork plastic = {.name = "11,250 neurons, STDP",
                                .spec = settings.quick ? PlasticBalancedNetwork(500, 100)
                                                       : PlasticBalancedNetwork(11'250, 1125),
                                .warm_up_ms = settings.quick ? 10.0 : 100.0,
                                .biological_ms = settings.quick ? 10.0 : 300.0,
                                .repetitions = settings.Pick(3, 1)};
  for (const LargeNetwork& network :
       {balanced("10,000 neurons", 10'000, 1000.0, 5), balanced("30,000 neurons", 30'000, 500.0, 3),
        balanced("100,000 neurons", 100'000, 200.0, 1), plastic}) {
    absl::Status status = MeasureLargeNetwork(
        network,
        [&](const engine::Simulation& simulation) {
          const engine::Network& built = *simulation.networks()[0];
          figures.Add(network.name + ": firing rate", "Hz",
                      static_cast<double>(CountSpikes(built)) /
                          static_cast<double>(built.size().neurons) / (1e-3 * simulation.now_ms()));
        },
        figures);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace spiked::bench
