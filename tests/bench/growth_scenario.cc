// Whether a poll costs more in an old session, and how the cost of a step goes
// with the size of a network. In process.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/pong/player.h"
#include "server/engine/simulation.h"
#include "tests/bench/balanced_network.h"
#include "tests/bench/engine_player.h"
#include "tests/bench/in_turn.h"
#include "tests/bench/scenario.h"
#include "tests/bench/statistics.h"
#include "tests/bench/stopwatch.h"

namespace spiked::bench {
namespace {

// The cheapest player, so that a million polls can be waited for.
constexpr pong::PlayerKind kPlayer = pong::PlayerKind::kRstdp;

// A session that grows old beside one that is always young.
absl::Status WithAge(const Settings& settings, Figures& figures) {
  const auto old_one = EnginePlayer::Create(kPlayer, PlayerSpec(kPlayer));
  if (!old_one.ok()) return old_one.status();
  const std::vector<int> ages =
      settings.quick ? std::vector{10, 100} : std::vector{100, 10'000, 1'000'000};
  const int polls = settings.Pick(20, 5);
  int age = 0;
  for (const int next_age : ages) {
    const auto young_one = EnginePlayer::Create(kPlayer, PlayerSpec(kPlayer));
    if (!young_one.ok()) return young_one.status();
    if (const auto aged = (*old_one)->Play(next_age - age); !aged.ok()) return aged.status();
    if (const auto warm = (*young_one)->Play(ages.front()); !warm.ok()) return warm.status();
    const int repetitions = settings.Pick(151, 2);
    const auto samples = InTurn(repetitions, {[&] { return (*old_one)->Play(polls); },
                                              [&] { return (*young_one)->Play(polls); }});
    if (!samples.ok()) return samples.status();
    age = next_age + repetitions * polls;
    const std::string name = absl::StrCat("r after ", next_age, " polls: ");
    figures.Add(name + "poll", "us", (*samples)[0]);
    figures.Add(name + "poll / that of a young session", "ratio",
                Ratio((*samples)[0], (*samples)[1]));
  }
  return absl::OkStatus();
}

// Networks of all sizes with equal indegrees and rates: the cost of a step and
// neuron should be the same but for what the caches hold.
absl::Status WithSize(const Settings& settings, Figures& figures) {
  constexpr uint32_t kIndegree = 100;
  constexpr engine::Step kWarmUp = 2000;
  const auto largest = static_cast<uint32_t>(settings.Pick(100'000, 1000));
  std::vector<std::unique_ptr<engine::Simulation>> simulations;
  std::vector<Side> sides;
  std::vector<uint32_t> sizes;
  for (uint32_t neurons = 100; neurons <= largest; neurons *= 10) {
    auto simulation = std::make_unique<engine::Simulation>(0.1, /*seed=*/1);
    const auto network = simulation->AddNetwork("net", BalancedNetwork(neurons, kIndegree));
    if (!network.ok()) return network.status();
    if (absl::Status status = simulation->Advance(kWarmUp); !status.ok()) return status;
    // About the same time for each.
    const engine::Step steps = std::max<engine::Step>(500, 200'000 / neurons);
    sides.emplace_back([simulation = simulation.get(), steps]() -> absl::StatusOr<double> {
      const Stopwatch stopwatch;
      if (absl::Status status = simulation->Advance(steps); !status.ok()) return status;
      return stopwatch.Microseconds() / static_cast<double>(steps);
    });
    simulations.push_back(std::move(simulation));
    sizes.push_back(neurons);
  }
  const auto samples = InTurn(settings.Pick(7, 2), sides);
  if (!samples.ok()) return samples.status();
  for (size_t k = 0; k < sizes.size(); ++k) {
    const std::string name = absl::StrCat(sizes[k], " neurons: ");
    const engine::Network& network = *simulations[k]->networks()[0];
    figures.Add(name + "step", "us", (*samples)[k]);
    std::vector<double> per_neuron_ns;
    for (const double us : (*samples)[k]) per_neuron_ns.push_back(1e3 * us / sizes[k]);
    figures.Add(name + "step, per neuron", "ns", per_neuron_ns);
    figures.Add(
        name + "firing rate", "Hz",
        static_cast<double>(CountSpikes(network)) / sizes[k] / (1e-3 * simulations[k]->now_ms()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunGrowth(const Settings& settings, Figures& figures) {
  absl::Status status = WithAge(settings, figures);
  status.Update(WithSize(settings, figures));
  return status;
}

}  // namespace spiked::bench
