// The first thousand polls of learning; spiked-learning does all of it.
#include <gtest/gtest.h>

#include "tests/learning/learning_curve.h"

namespace spiked::testing {
namespace {

constexpr double kLevel = 0.001;
constexpr int kPolls = 1000;

std::vector<LearningCurve> LearnFour(pong::PlayerKind kind) {
  std::vector<LearningCurve> curves;
  for (uint64_t seed = 1; seed <= 4; ++seed) curves.push_back(Learn(kind, seed, kPolls));
  return curves;
}

TEST(LearningTest, ANoisyPlayerLearnsAsFastAsInNest) {
  const auto kind = pong::PlayerKind::kRstdpNoisy;
  const auto ours = LearnFour(kind), reference = ReferenceCurves(kind);
  for (const auto what : {&LearningPoint::mean_reward, &LearningPoint::motor_spikes}) {
    const Comparison c = Compare(ours, reference, kPolls, what);
    EXPECT_GT(c.p, kLevel) << c.ours.mean << " and " << c.reference.mean;
  }
  EXPECT_LT(WelchP(SampleAt(ours, kPointPolls, &LearningPoint::mean_reward),
                   SampleAt(ours, kPolls, &LearningPoint::mean_reward)),
            kLevel)
      << "it learns at all";
}

TEST(LearningTest, ACurveDependsOnTheSeedAlone) {
  const auto curve = Learn(pong::PlayerKind::kDopamineNoisy, 3, kPointPolls);
  EXPECT_EQ(Learn(pong::PlayerKind::kDopamineNoisy, 3, kPointPolls), curve);
  EXPECT_NE(Learn(pong::PlayerKind::kDopamineNoisy, 4, kPointPolls), curve);
}

}  // namespace
}  // namespace spiked::testing
