// Time per poll of each player, alone in the process, and where it goes.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/pong/player.h"
#include "tests/bench/ablation.h"
#include "tests/bench/engine_player.h"
#include "tests/bench/in_turn.h"
#include "tests/bench/players.h"
#include "tests/bench/scenario.h"
#include "tests/bench/statistics.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;

// The player as it is and with one part after the other taken out, so that the
// differences between neighbours and the last one add up to the whole.
absl::StatusOr<std::vector<std::unique_ptr<EnginePlayer>>> Variants(PlayerKind kind) {
  const engine::NetworkSpec whole = PlayerSpec(kind);
  const engine::NetworkSpec fixed = WithoutPlasticity(whole);
  const engine::NetworkSpec quiet = WithoutBackground(fixed);
  std::vector<std::unique_ptr<EnginePlayer>> variants;
  const auto add = [&](const engine::NetworkSpec& spec, bool input) -> absl::Status {
    auto player = EnginePlayer::Create(kind, spec, input);
    if (!player.ok()) return player.status();
    variants.push_back(*std::move(player));
    return absl::OkStatus();
  };
  absl::Status status = add(whole, true);
  status.Update(add(fixed, true));
  status.Update(add(quiet, true));
  status.Update(add(quiet, false));
  if (!status.ok()) return status;
  return variants;
}

}  // namespace

absl::Status RunEngine(const Settings& settings, Figures& figures) {
  // Short turns: most of them end before somebody else is given the core.
  const int repetitions = settings.Pick(251, 3);
  const int polls = settings.Pick(20, 5);
  const int warm_up = settings.Pick(200, 5);
  for (const PlayerKind kind : kAllPlayers) {
    const auto variants = Variants(kind);
    if (!variants.ok()) return variants.status();
    std::vector<Side> sides;
    for (const auto& variant : *variants) {
      if (const auto warm = variant->Play(warm_up); !warm.ok()) return warm.status();
      sides.emplace_back([&variant, polls] { return variant->Play(polls); });
    }
    const auto samples = InTurn(repetitions, sides);
    if (!samples.ok()) return samples.status();
    const auto& whole = (*samples)[0];
    const auto& fixed = (*samples)[1];
    const auto& quiet = (*samples)[2];
    const auto& silent = (*samples)[3];
    const std::string name(ShortName(kind));
    figures.Add(absl::StrCat(name, ": poll"), "us", whole);
    figures.Add(absl::StrCat(name, ": plasticity (less if static)"), "us",
                Difference(whole, fixed));
    if (IsNoisy(kind)) {
      figures.Add(absl::StrCat(name, ": noise (less if also without background)"), "us",
                  Difference(fixed, quiet));
    }
    figures.Add(absl::StrCat(name, ": spike delivery (less if also without input)"), "us",
                Difference(quiet, silent));
    figures.Add(absl::StrCat(name, ": neuron update (what is left)"), "us", silent);
  }
  return absl::OkStatus();
}

}  // namespace spiked::bench
