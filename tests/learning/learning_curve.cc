#include "tests/learning/learning_curve.h"

#include <cstdlib>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "client/pong/random.h"
#include "tests/learning/lone_player.h"

namespace spiked::testing {
namespace {

constexpr size_t kSpikesWindow = 50;  // polls

}  // namespace

LearningCurve Learn(pong::PlayerKind kind, uint64_t seed, int polls) {
  LonePlayer player(kind, seed);
  pong::SplitMix64 chance(seed);
  pong::RewardHistory history(LonePlayer::kRows);
  std::deque<double> spikes;
  LearningCurve curve;
  for (int poll = 1; poll <= polls; ++poll) {
    const int cell = static_cast<int>(chance.Uniform() * LonePlayer::kRows);
    player.Poll(cell);
    const std::vector<uint32_t> counts = player.MotorCounts();
    const int distance = std::abs(pong::Winner(counts, chance) - cell);
    const double reward = history.Add(cell, pong::BareReward(distance), distance == 0);
    player.Reward(reward, pong::RewardCurrentPa(counts, cell));
    spikes.push_back(std::accumulate(counts.begin(), counts.end(), 0.0));
    if (spikes.size() > kSpikesWindow) spikes.pop_front();
    if (poll % kPointPolls != 0) continue;
    curve.push_back({.polls = poll,
                     .mean_reward = history.mean_reward(),
                     .motor_spikes = std::accumulate(spikes.begin(), spikes.end(), 0.0) /
                                     static_cast<double>(spikes.size())});
  }
  return curve;
}

std::vector<LearningCurve> ReferenceCurves(pong::PlayerKind kind) {
  std::ifstream file(SPIKED_TEST_DATA "/statistics/learning_curves.json");
  const auto json = nlohmann::json::parse(file);
  std::vector<LearningCurve> curves;
  for (const auto& rows : json["random_cells"]["curves"][pong::ShortName(kind)]) {
    LearningCurve& curve = curves.emplace_back();
    for (const auto& row : rows) {
      curve.push_back({.polls = row[0], .mean_reward = row[1], .motor_spikes = row[4]});
    }
  }
  return curves;
}

Sample SampleAt(const std::vector<LearningCurve>& curves, int polls, double LearningPoint::*what) {
  std::vector<double> numbers;
  numbers.reserve(curves.size());
  for (const LearningCurve& curve : curves) {
    numbers.push_back(curve.at(static_cast<size_t>(polls / kPointPolls - 1)).*what);
  }
  return SampleOf(numbers);
}

Comparison Compare(const std::vector<LearningCurve>& ours,
                   const std::vector<LearningCurve>& reference, int polls,
                   double LearningPoint::*what) {
  Comparison c = {.ours = SampleAt(ours, polls, what),
                  .reference = SampleAt(reference, polls, what)};
  c.p = WelchP(c.ours, c.reference);
  return c;
}

}  // namespace spiked::testing
