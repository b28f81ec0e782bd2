// How large a saved simulation is, and how long it takes to save and to restore
// it, in process.
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/pong/player.h"
#include "tests/bench/balanced_network.h"
#include "tests/bench/engine_player.h"
#include "tests/bench/players.h"
#include "tests/bench/scenario.h"
#include "tests/bench/stopwatch.h"

namespace spiked::bench {
namespace {

absl::Status Measure(const std::string& name, const engine::Simulation& simulation, int repetitions,
                     Figures& figures) {
  std::vector<double> save_ms, restore_ms;
  std::string bytes;
  for (int k = 0; k < repetitions; ++k) {
    bytes.clear();
    const Stopwatch save;
    simulation.Save([&](absl::string_view piece) { bytes.append(piece.data(), piece.size()); });
    save_ms.push_back(1e3 * save.Seconds());
    const Stopwatch restore;
    const auto restored = engine::Simulation::Restore(bytes);
    if (!restored.ok()) return restored.status();
    restore_ms.push_back(1e3 * restore.Seconds());
  }
  figures.Add(name + ": saved", "bytes", static_cast<double>(bytes.size()));
  figures.Add(name + ": save", "ms", save_ms);
  figures.Add(name + ": restore", "ms", restore_ms);
  return absl::OkStatus();
}

absl::Status MeasureLarge(const std::string& name, const engine::NetworkSpec& spec,
                          const Settings& settings, Figures& figures) {
  engine::Simulation simulation(0.1, /*seed=*/1);
  const Stopwatch build;
  if (const auto built = simulation.AddNetwork("net", spec); !built.ok()) return built.status();
  figures.Add(name + ": build", "ms", 1e3 * build.Seconds());
  if (absl::Status status = simulation.Advance(500); !status.ok()) return status;
  return Measure(name, simulation, settings.Pick(3, 1), figures);
}

}  // namespace

absl::Status RunState(const Settings& settings, Figures& figures) {
  for (const pong::PlayerKind kind : kAllPlayers) {
    const auto player = EnginePlayer::Create(kind, PlayerSpec(kind));
    if (!player.ok()) return player.status();
    if (auto played = (*player)->Play(settings.Pick(100, 5)); !played.ok()) return played.status();
    absl::Status status = Measure(std::string(pong::ShortName(kind)), (*player)->simulation(),
                                  settings.Pick(51, 2), figures);
    if (!status.ok()) return status;
  }
  absl::Status status = MeasureLarge(
      "30,000 neurons", settings.quick ? BalancedNetwork(1000, 50) : BalancedNetwork(30'000, 1250),
      settings, figures);
  status.Update(MeasureLarge(
      "11,250 neurons, STDP",
      settings.quick ? PlasticBalancedNetwork(500, 100) : PlasticBalancedNetwork(11'250, 1125),
      settings, figures));
  return status;
}

}  // namespace spiked::bench
