// A match of two players: the game, what each player made of it, and the order
// of chance between them. Pure; the spikes come from whoever simulates.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "client/pong/game.h"
#include "client/pong/player.h"
#include "client/pong/random.h"

namespace spiked::pong {

// What a player did in a poll.
struct PlayerPoll {
  // Cell of the paddle during the poll.
  int paddle_row = 0;
  // Spikes of each motor neuron.
  std::vector<uint32_t> counts;
  // The neuron that decided where the paddle goes.
  int winner = 0;
  // The bare reward of the winner.
  double bare_reward = 0.0;
  // The reward relative to what was expected, for R-STDP.
  double reward = 0.0;
  // The current in pA into the dopamine neurons, for dopaminergic players.
  double reward_current_pa = 0.0;
  // Mean over all cells of the running mean reward, after this poll.
  double mean_reward = 0.0;
};

// A poll that is over.
struct Poll {
  // From 0.
  int64_t index = 0;
  // Biological time in ms at its end.
  double time_ms = 0.0;
  // The field as it was during the poll, and the ball's cell.
  Field field;
  int ball_column = 0;
  int ball_row = 0;
  // Points after the poll.
  std::array<int, 2> score = {0, 0};
  std::array<PlayerPoll, 2> players;
};

class Match {
 public:
  // `rows` is the number of neurons of each player and of cells along y.
  Match(std::array<PlayerKind, 2> kinds, int rows, uint64_t seed);

  const Game& game() const { return game_; }
  std::array<PlayerKind, 2> kinds() const { return kinds_; }
  uint64_t seed() const { return seed_; }
  const RewardHistory& history(Side side) const { return histories_[side]; }

  // Biological time in ms at which the next poll begins.
  double time_ms() const { return static_cast<double>(polls_) * kPollMs; }
  int64_t polls() const { return polls_; }

  // The last poll; nothing is in it before the first.
  const Poll& last() const { return last_; }

  // Carries a poll out whose motor spikes are known: finds the winners, their
  // rewards, steers the paddles and advances the game. Each entry of `counts`
  // must have as many elements as there are rows.
  const Poll& Play(std::array<std::vector<uint32_t>, 2> counts);

 private:
  std::array<PlayerKind, 2> kinds_;
  uint64_t seed_;
  SplitMix64 random_;
  Game game_;
  std::array<RewardHistory, 2> histories_;
  int64_t polls_ = 0;
  Poll last_;
};

}  // namespace spiked::pong
