#include "tests/learning/lone_player.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "server/presets/pong.h"

namespace spiked::testing {
namespace {

engine::NetworkSpec SpecOf(pong::PlayerKind kind) {
  const presets::PongOptions options = {.num_neurons = LonePlayer::kRows,
                                        .noise = pong::IsNoisy(kind)};
  return pong::IsDopaminergic(kind) ? presets::PongDopamine(options) : presets::PongRstdp(options);
}

// What the player asks of its network is never refused.
void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

}  // namespace

LonePlayer::LonePlayer(pong::PlayerKind kind, uint64_t seed)
    : kind_(kind),
      simulation_(0.1, seed),
      network_(*simulation_.AddNetwork("player", SpecOf(kind)).value()) {}

void LonePlayer::Poll(int cell) {
  poll_begin_ = simulation_.now();
  std::vector<engine::Step> stamps;
  for (const double ms : pong::InputStamps(kind_, simulation_.now_ms())) {
    stamps.push_back(grid().ToSteps(ms).value());
  }
  const std::vector<uint32_t> senders(stamps.size(), static_cast<uint32_t>(cell));
  Must(network_.SetSpikeTrains(network_.FindPopulation("input"), senders, stamps, {}));
  Must(simulation_.Advance(grid().ToSteps(pong::kPollMs).value()));
}

engine::SpikeList LonePlayer::MotorSpikes() const {
  return network_.Spikes(network_.FindPopulation("motor"), poll_begin_, simulation_.now()).List();
}

std::vector<uint32_t> LonePlayer::MotorCounts() const {
  std::vector<uint32_t> counts(kRows);
  for (const uint32_t sender : MotorSpikes().senders) ++counts[sender];
  return counts;
}

void LonePlayer::Reward(double reward, double current_pa) {
  if (!pong::IsDopaminergic(kind_)) {
    Must(network_.ApplyReward(network_.FindProjection("input_motor"), reward));
    return;
  }
  const double now = simulation_.now_ms();
  Must(network_.SetParameters(
      network_.FindPopulation("dopa_current"),
      {{"amplitude", current_pa}, {"start", now}, {"stop", now + pong::kRewardCurrentMs}}));
}

void LonePlayer::SetWeights(const std::string& projection, double weight) {
  Must(network_.SetWeights(network_.FindProjection(projection), {&weight, 1}));
}

}  // namespace spiked::testing
