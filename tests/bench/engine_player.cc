#include "tests/bench/engine_player.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/presets/pong.h"
#include "tests/bench/players.h"
#include "tests/bench/stopwatch.h"

namespace spiked::bench {
engine::NetworkSpec PlayerSpec(pong::PlayerKind kind) {
  const presets::PongOptions options{.num_neurons = kRows, .noise = pong::IsNoisy(kind)};
  return pong::IsDopaminergic(kind) ? presets::PongDopamine(options) : presets::PongRstdp(options);
}

EnginePlayer::EnginePlayer(pong::PlayerKind kind, bool input)
    : kind_(kind), input_(input), match_({kind, kind}, kRows, kSeed), totals_(kRows, 0) {}

absl::StatusOr<std::unique_ptr<EnginePlayer>> EnginePlayer::Create(pong::PlayerKind kind,
                                                                   const engine::NetworkSpec& spec,
                                                                   bool input) {
  auto player = std::unique_ptr<EnginePlayer>(new EnginePlayer(kind, input));
  const auto network = player->simulation_.AddNetwork("player", spec);
  if (!network.ok()) return network.status();
  player->network_ = *network;
  player->input_population_ = (*network)->FindPopulation("input");
  player->motor_population_ = (*network)->FindPopulation("motor");
  player->dopa_current_ = (*network)->FindPopulation("dopa_current");
  const int projection = (*network)->FindProjection("input_motor");
  if ((*network)->projections()[projection].synapse_model == "rstdp_synapse") {
    player->rewarded_projection_ = projection;
  }
  return player;
}

absl::StatusOr<double> EnginePlayer::Play(int polls) {
  double us = 0.0;
  for (int k = 0; k < polls; ++k) {
    std::vector<engine::Step> stamps;
    for (const double ms : pong::InputStamps(kind_, simulation_.now_ms())) {
      stamps.push_back(std::llround(10.0 * ms));
    }
    const Stopwatch stopwatch;
    auto counts = Poll(match_.game().ball_row(), stamps);
    us += stopwatch.Microseconds();
    if (!counts.ok()) return counts.status();
    match_.Play({*std::move(counts), std::vector<uint32_t>(kRows, 0)});
  }
  return us / polls;
}

absl::StatusOr<std::vector<uint32_t>> EnginePlayer::Poll(int row,
                                                         absl::Span<const engine::Step> stamps) {
  absl::Status status;
  if (match_.polls() > 0) {
    const pong::PlayerPoll& last = match_.last().players[pong::kLeft];
    if (rewarded_projection_ >= 0) {
      status.Update(network_->ApplyReward(rewarded_projection_, last.reward));
    }
    if (dopa_current_ >= 0) {
      status.Update(network_->SetParameters(
          dopa_current_, {{"amplitude", last.reward_current_pa},
                          {"start", simulation_.now_ms()},
                          {"stop", simulation_.now_ms() + pong::kRewardCurrentMs}}));
    }
  }
  if (input_) {
    const std::vector<uint32_t> senders(stamps.size(), row);
    status.Update(network_->SetSpikeTrains(input_population_, senders, stamps, {}));
  }
  if (!status.ok()) return status;
  status = simulation_.Advance(std::llround(10.0 * pong::kPollMs));
  if (!status.ok()) return status;
  std::vector<uint32_t> counts(kRows);
  const auto totals = network_->SpikeTotals(motor_population_);
  for (int k = 0; k < kRows; ++k) {
    counts[k] = static_cast<uint32_t>(totals[k] - totals_[k]);
    totals_[k] = totals[k];
  }
  return counts;
}

}  // namespace spiked::bench
