#include "client/pong/match.h"

#include <cstdlib>
#include <utility>

namespace spiked::pong {
namespace {

Move Steer(int winner, int paddle_row) {
  if (winner > paddle_row) return Move::kUp;
  return winner < paddle_row ? Move::kDown : Move::kStay;
}

}  // namespace

Match::Match(std::array<PlayerKind, 2> kinds, int rows, uint64_t seed)
    : kinds_(kinds),
      seed_(seed),
      random_(seed),
      game_(rows, random_),
      histories_{RewardHistory(rows), RewardHistory(rows)} {}

const Poll& Match::Play(std::array<std::vector<uint32_t>, 2> counts) {
  last_.index = polls_++;
  last_.time_ms = time_ms();
  last_.field = game_.field();
  last_.ball_column = game_.ball_column();
  last_.ball_row = game_.ball_row();

  std::array<Move, 2> moves;
  for (const Side side : kSides) {
    PlayerPoll& player = last_.players[side];
    player.paddle_row = game_.paddle_row(side);
    player.counts = std::move(counts[side]);
    player.winner = Winner(player.counts, random_);
    const int distance = std::abs(player.winner - last_.ball_row);
    player.bare_reward = BareReward(distance);
    player.reward = histories_[side].Add(last_.ball_row, player.bare_reward, distance == 0);
    player.reward_current_pa = RewardCurrentPa(player.counts, last_.ball_row);
    player.mean_reward = histories_[side].mean_reward();
    moves[side] = Steer(player.winner, player.paddle_row);
  }
  game_.Advance(moves, random_);
  last_.score = game_.field().score;
  return last_;
}

}  // namespace spiked::pong
