// What a client does for a spiking player: it turns the ball's cell into input,
// spike counts into a winner, and the winner into a reward. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "client/pong/random.h"

namespace spiked::pong {

// Biological time of one poll in ms.
inline constexpr double kPollMs = 200.0;
// How long the current lasts with which a dopaminergic player is rewarded, ms.
inline constexpr double kRewardCurrentMs = 32.0;
// Polls over which the share of hits is taken.
inline constexpr int kHitWindow = 500;

// The four networks of the NEST example. R-STDP players are given a reward,
// dopaminergic ones a current into their dopamine neurons.
enum class PlayerKind { kRstdp, kRstdpNoisy, kDopamine, kDopamineNoisy };

// `r`, `rn`, `d`, `dn`.
std::string_view ShortName(PlayerKind kind);
std::optional<PlayerKind> ParsePlayerKind(std::string_view name);

bool IsDopaminergic(PlayerKind kind);
bool IsNoisy(PlayerKind kind);

// Stamps in ms of the input for a poll that begins at start_ms, on the
// generator of the ball's cell: one every 10 ms. The late ones fall into the next poll, where
// new input replaces them.
std::vector<double> InputStamps(PlayerKind kind, double start_ms);

// The neuron with most spikes; of several, one drawn by chance (a number is
// drawn only then). `counts` must not be empty.
int Winner(absl::Span<const uint32_t> counts, SplitMix64& random);

// What a winner deserves whose cell is `distance` away from the ball's: 1, 0.7,
// 0.4, 0.1, and from 4 on 0.
double BareReward(int distance);

// The current in pA that rewards a dopaminergic player.
double RewardCurrentPa(absl::Span<const uint32_t> counts, int ball_row);

// A player's memory of its rewards.
class RewardHistory {
 public:
  // For `rows` cells; the hit rate is over the last `window` polls.
  explicit RewardHistory(int rows, int window = kHitWindow)
      : means_(rows, 0.0), hits_(window, false) {}

  // Takes down the bare reward of a poll with the ball in `row`, and whether
  // the winner was the ball's cell. Returns the reward relative to what was
  // expected for that cell: R = bare - mean[row], after which mean[row] += R/2.
  double Add(int row, double bare, bool hit);

  // The running mean reward of a cell.
  double mean(int row) const { return means_[row]; }
  // The mean over all cells of their running mean rewards.
  double mean_reward() const;
  // The share of polls, of the last `window` (or all, if fewer), in which the
  // winner was the ball's cell.
  double hit_rate() const;

 private:
  std::vector<double> means_;
  // A ring: the next entry to be replaced is polls_ % size.
  std::vector<bool> hits_;
  int64_t polls_ = 0;
};

}  // namespace spiked::pong
