// A player of pong alone in the engine, in this process: no server, no gRPC.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "client/pong/match.h"
#include "client/pong/player.h"
#include "server/engine/simulation.h"
#include "server/engine/spec.h"

namespace spiked::bench {

// The specification of a player of 20 neurons.
engine::NetworkSpec PlayerSpec(pong::PlayerKind kind);

class EnginePlayer {
 public:
  // A player of that kind whose network is `spec`, which may be PlayerSpec with
  // something taken out. Without `input` it never sees the ball.
  static absl::StatusOr<std::unique_ptr<EnginePlayer>> Create(pong::PlayerKind kind,
                                                              const engine::NetworkSpec& spec,
                                                              bool input = true);

  // Plays so many polls: rewards, input, 200 ms and spike counts in each, as
  // over the wire. Returns the mean time of a poll in the engine in us; the
  // rules of the game are left out.
  absl::StatusOr<double> Play(int polls);

  const engine::Simulation& simulation() const { return simulation_; }

 private:
  EnginePlayer(pong::PlayerKind kind, bool input);

  // The part of a poll that is the engine's: from the rewards of the last one
  // to the motor spikes.
  absl::StatusOr<std::vector<uint32_t>> Poll(int row, absl::Span<const engine::Step> stamps);

  static constexpr uint64_t kSeed = 1;

  const pong::PlayerKind kind_;
  const bool input_;
  // Against a player that never fires.
  pong::Match match_;
  engine::Simulation simulation_{0.1, kSeed};
  engine::Network* network_ = nullptr;  // the simulation's
  // Handles into the network.
  int input_population_ = -1;
  int motor_population_ = -1;
  int dopa_current_ = -1;         // dopaminergic players only
  int rewarded_projection_ = -1;  // R-STDP players with plasticity only
  // Motor spikes until the end of the last poll.
  std::vector<uint64_t> totals_;
};

}  // namespace spiked::bench
