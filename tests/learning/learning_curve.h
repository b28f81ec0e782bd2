// How a player learns when the ball is in a uniformly random cell in every poll,
// beside NEST's record of the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/pong/player.h"
#include "tests/statistics/hypothesis.h"

namespace spiked::testing {

// A player after so many polls.
struct LearningPoint {
  int polls = 0;
  double mean_reward = 0.0;   // the mean over all cells of their running mean rewards
  double motor_spikes = 0.0;  // of all neurons in a poll, mean of the last 50 polls
  bool operator==(const LearningPoint&) const = default;
};
using LearningCurve = std::vector<LearningPoint>;

// Every how many polls a curve has a point.
inline constexpr int kPointPolls = 250;

// Lets a new player learn. The ball and the ties are drawn from the seed, too.
LearningCurve Learn(pong::PlayerKind kind, uint64_t seed, int polls);

// NEST's curves of that player on random cells, one for each of its seeds; from
// `statistics/learning_curves.json`.
std::vector<LearningCurve> ReferenceCurves(pong::PlayerKind kind);

// One quantity of several curves after so many polls.
Sample SampleAt(const std::vector<LearningCurve>& curves, int polls, double LearningPoint::*what);

// One quantity, ours beside NEST's.
struct Comparison {
  Sample ours, reference;
  double p = 0.0;  // of equal means, Welch's t-test
};
Comparison Compare(const std::vector<LearningCurve>& ours,
                   const std::vector<LearningCurve>& reference, int polls,
                   double LearningPoint::*what);

}  // namespace spiked::testing
