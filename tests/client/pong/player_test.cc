#include "client/pong/player.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace spiked::pong {
namespace {

constexpr PlayerKind kAllKinds[] = {PlayerKind::kRstdp, PlayerKind::kRstdpNoisy,
                                    PlayerKind::kDopamine, PlayerKind::kDopamineNoisy};

TEST(PlayerKindTest, HasANameThatIsUnderstood) {
  for (const PlayerKind kind : kAllKinds) EXPECT_EQ(ParsePlayerKind(ShortName(kind)), kind);
  EXPECT_EQ(ParsePlayerKind("dn"), PlayerKind::kDopamineNoisy);
}

TEST(PlayerKindTest, OtherNamesAreNotUnderstood) {
  for (const char* name : {"", "R", "nr", "rn ", "rnd"}) EXPECT_FALSE(ParsePlayerKind(name));
}

TEST(InputStampsTest, RewardDrivenPlayersBeginAfterOneMillisecond) {
  for (const PlayerKind kind : {PlayerKind::kRstdp, PlayerKind::kRstdpNoisy}) {
    const std::vector<double> stamps = InputStamps(kind, 400.0);
    ASSERT_EQ(stamps.size(), 20u);
    EXPECT_EQ(stamps.front(), 401.0);
    EXPECT_EQ(stamps[1], 411.0);
    EXPECT_EQ(stamps.back(), 591.0);
  }
}

TEST(InputStampsTest, DopaminergicPlayersWaitForTheirReward) {
  for (const PlayerKind kind : {PlayerKind::kDopamine, PlayerKind::kDopamineNoisy}) {
    const std::vector<double> stamps = InputStamps(kind, 400.0);
    ASSERT_EQ(stamps.size(), 20u);
    EXPECT_EQ(stamps.front(), 432.0);
    EXPECT_EQ(stamps.back(), 622.0);
  }
}

TEST(WinnerTest, HasMostSpikesAndNeedsNoChance) {
  SplitMix64 random(1);
  SplitMix64 untouched(1);
  EXPECT_EQ(Winner({0, 2, 5, 4}, random), 2);
  EXPECT_EQ(random.Next(), untouched.Next());
}

TEST(WinnerTest, OfATieIsTheOneThatChanceNames) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SplitMix64 random(seed);
    SplitMix64 expected(seed);
    constexpr int kTied[] = {1, 3, 4};
    const int index = static_cast<int>(expected.Uniform() * 3);
    EXPECT_EQ(Winner({0, 7, 6, 7, 7}, random), kTied[index]);
    EXPECT_EQ(random.Next(), expected.Next()) << "one number, no more";
  }
}

TEST(WinnerTest, OfSilentNeuronsIsAnyOfThem) {
  SplitMix64 random(1);
  const std::vector<uint32_t> silent(20, 0);
  std::map<int, int> wins;
  for (int k = 0; k < 20'000; ++k) ++wins[Winner(silent, random)];
  EXPECT_EQ(wins.size(), 20u);
  for (const auto& [neuron, count] : wins) EXPECT_NEAR(count, 1000, 150) << neuron;
}

TEST(BareRewardTest, FallsWithTheDistance) {
  EXPECT_EQ(BareReward(0), 1.0);
  EXPECT_EQ(BareReward(1), 0.7);
  EXPECT_EQ(BareReward(2), 0.4);
  EXPECT_EQ(BareReward(3), 0.1);
  EXPECT_EQ(BareReward(4), 0.0);
  EXPECT_EQ(BareReward(19), 0.0);
}

TEST(RewardCurrentTest, GrowsWithTheShareOfTheBallsNeuron) {
  EXPECT_DOUBLE_EQ(RewardCurrentPa({1, 9}, 0), 4800.0 * 1 / 10 + 100.0);
  EXPECT_EQ(RewardCurrentPa({0, 9}, 0), 100.0);
}

TEST(RewardCurrentTest, IsAtMostOneNanoampere) { EXPECT_EQ(RewardCurrentPa({5, 5}, 0), 1000.0); }

TEST(RewardCurrentTest, OfSilentNeuronsIsTheBaseline) {
  EXPECT_EQ(RewardCurrentPa({0, 0, 0}, 1), 100.0);
}

TEST(RewardHistoryTest, RewardIsRelativeToWhatTheCellHasSeen) {
  RewardHistory history(4);
  EXPECT_EQ(history.Add(2, 1.0, true), 1.0);
  EXPECT_EQ(history.Add(2, 1.0, true), 0.5);
  EXPECT_EQ(history.Add(2, 0.0, false), -0.75);
  EXPECT_EQ(history.Add(3, 0.4, false), 0.4) << "other cells do not matter";
  EXPECT_EQ(history.mean(2), 0.375);
  EXPECT_EQ(history.mean(3), 0.2);
}

TEST(RewardHistoryTest, MeanRewardIsTheMeanOverCells) {
  RewardHistory history(4);
  EXPECT_EQ(history.mean_reward(), 0.0);
  history.Add(0, 1.0, true);
  history.Add(1, 0.5, false);
  EXPECT_DOUBLE_EQ(history.mean_reward(), (0.5 + 0.25) / 4);
}

TEST(RewardHistoryTest, HitRateIsThatOfTheLastPolls) {
  RewardHistory history(1, 4);
  EXPECT_EQ(history.hit_rate(), 0.0);
  history.Add(0, 1.0, true);
  history.Add(0, 0.0, false);
  EXPECT_EQ(history.hit_rate(), 0.5) << "of all, while there are few";
  for (int k = 0; k < 3; ++k) history.Add(0, 0.0, false);
  EXPECT_EQ(history.hit_rate(), 0.0) << "the first hit is forgotten";
  history.Add(0, 1.0, true);
  EXPECT_EQ(history.hit_rate(), 0.25);
}

// NEST's own example gave its players these rewards.
class RecordedPlayerTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedPlayerTest, IsRewardedAsItWasInNest) {
  const auto recording = nlohmann::json::parse(
      std::ifstream(std::string(SPIKED_REFERENCE_DIR "/") + GetParam() + ".json"));
  RewardHistory history(recording["num_neurons"]);
  ASSERT_GE(recording["iterations"].size(), 20u);
  for (const auto& poll : recording["iterations"]) {
    std::vector<uint32_t> counts;
    for (const auto& spikes : poll["motor_spikes_ms"]) counts.push_back(spikes.size());
    // In the recordings, the first of several winners wins.
    const auto winner = std::max_element(counts.begin(), counts.end()) - counts.begin();
    ASSERT_EQ(poll["winner"], winner);
    const int row = poll["cell"];
    const double bare = BareReward(std::abs(static_cast<int>(winner) - row));
    EXPECT_DOUBLE_EQ(poll["reward"], history.Add(row, bare, winner == row));
    EXPECT_DOUBLE_EQ(poll["mean_reward_cell"], history.mean(row));
    if (poll.contains("dopa_current_pA")) {
      EXPECT_DOUBLE_EQ(poll["dopa_current_pA"], RewardCurrentPa(counts, row));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RecordedPlayerTest,
                         ::testing::Values("pong_rstdp_clean", "pong_rstdp_noise_replay",
                                           "pong_dopa_active_critic", "pong_dopa_noise_replay"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace spiked::pong
