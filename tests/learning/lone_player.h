// A spiking player without a game, its network in this very process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/pong/player.h"
#include "server/engine/simulation.h"

namespace spiked::testing {

class LonePlayer {
 public:
  static constexpr int kRows = 20;

  LonePlayer(pong::PlayerKind kind, uint64_t seed);

  engine::Network& network() { return network_; }
  const engine::Grid& grid() const { return simulation_.grid(); }

  // A poll with the ball in `cell`.
  void Poll(int cell);
  // When the last poll began.
  engine::Step poll_begin() const { return poll_begin_; }
  // The motor neurons' spikes in it: all of them, and how many of each neuron.
  engine::SpikeList MotorSpikes() const;
  std::vector<uint32_t> MotorCounts() const;

  // Rewards the last poll, each player as it understands it: R-STDP by a number,
  // dopamine by a current.
  void Reward(double reward, double current_pa);

  // Gives a projection the same weight everywhere.
  void SetWeights(const std::string& projection, double weight);

 private:
  pong::PlayerKind kind_;
  engine::Simulation simulation_;
  engine::Network& network_;
  engine::Step poll_begin_ = 0;
};

}  // namespace spiked::testing
