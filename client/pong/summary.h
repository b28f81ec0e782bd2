// What a match came to, as a table for people and as JSON for programs.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "client/cpp/recordings.h"
#include "client/pong/match.h"
#include "client/pong/progress.h"

namespace spiked::pong {

// Means over a player's weights in pA. A player that has learnt to hit has
// large weights on the diagonal, from each cell to the neuron of that cell.
struct MeanWeights {
  double diagonal = 0.0;
  double off_diagonal = 0.0;
};

// `weights` must be a square matrix with at least two rows.
MeanWeights MeansOf(const client::Weights& weights);

struct PlayerSummary {
  PlayerKind kind = PlayerKind::kRstdp;
  int score = 0;
  // Mean over all cells of the running mean of the bare reward; mean[cell] has
  // moved half way to the bare reward at each poll with the ball in that cell.
  double mean_reward = 0.0;
  // Share of the last kHitWindow polls (of all, if fewer) whose winner was the
  // ball's cell.
  double hit_rate = 0.0;
  MeanWeights before;
  // After the last reward.
  MeanWeights after;
};

struct Summary {
  uint64_t seed = 0;
  int num_neurons = 0;
  Progress progress;
  // By the user.
  bool interrupted = false;
  std::array<PlayerSummary, 2> players;
};

// The summary of a match; weights are those before the first poll and after
// the last reward.
Summary Summarize(const Match& match, const Progress& progress,
                  const std::array<client::Weights, 2>& before,
                  const std::array<client::Weights, 2>& after);

// A few short lines, with a line break at the end.
std::string SummaryTable(const Summary& summary);

// One object: players, seed, num_neurons, polls (that were played), interrupted,
// score, mean_reward, hit_rate_last_500, weights_before and weights_after (means
// over `diagonal` and `off_diagonal`, in pA), wall_s, polls_per_s,
// real_time_factor. What there is for each player is a list [left, right].
std::string SummaryJson(const Summary& summary);

}  // namespace spiked::pong
