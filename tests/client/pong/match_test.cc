#include "client/pong/match.h"

#include <gtest/gtest.h>

namespace spiked::pong {
namespace {

constexpr std::array kKinds = {PlayerKind::kRstdpNoisy, PlayerKind::kDopamine};
constexpr int kRows = 20;
const std::vector<uint32_t> kSilent(kRows, 0);

// Counts with one spike of one neuron.
std::vector<uint32_t> Only(int neuron) {
  std::vector<uint32_t> counts = kSilent;
  counts[neuron] = 1;
  return counts;
}

TEST(MatchTest, TimeIsThatOfThePolls) {
  Match match(kKinds, kRows, 1);
  EXPECT_EQ(match.time_ms(), 0.0);
  const Poll& poll = match.Play({Only(0), Only(0)});
  EXPECT_EQ(poll.index, 0);
  EXPECT_EQ(poll.time_ms, 200.0);
  EXPECT_EQ(match.time_ms(), 200.0);
  EXPECT_EQ(match.Play({Only(0), Only(0)}).index, 1);
}

TEST(MatchTest, APollTellsTheFieldThatThePlayersSaw) {
  Match match(kKinds, kRows, 1);
  const Field field = match.game().field();
  const int ball_row = match.game().ball_row();
  const Poll& poll = match.Play({Only(19), Only(0)});
  EXPECT_EQ(poll.field, field);
  EXPECT_EQ(poll.ball_row, ball_row);
  EXPECT_EQ(poll.ball_column, 16);
  EXPECT_EQ(poll.players[kLeft].paddle_row, 10);
  EXPECT_NE(match.game().field(), field);
}

TEST(MatchTest, PaddlesFollowTheWinners) {
  Match match(kKinds, kRows, 1);
  match.Play({Only(19), Only(0)});
  EXPECT_EQ(match.game().field().paddles, (std::array<double, 2>{0.55, 0.45}));
  match.Play({Only(match.game().paddle_row(kLeft)), Only(match.game().paddle_row(kRight))});
  EXPECT_EQ(match.game().field().paddles, (std::array<double, 2>{0.55, 0.45}));
}

TEST(MatchTest, RewardsBothPlayersForTheBallsCell) {
  Match match(kKinds, kRows, 1);
  const int row = match.game().ball_row();
  const int near = row > 0 ? row - 1 : row + 1;
  const Poll& poll = match.Play({Only(row), Only(near)});
  const PlayerPoll& left = poll.players[kLeft];
  EXPECT_EQ(left.winner, row);
  EXPECT_EQ(left.bare_reward, 1.0);
  EXPECT_EQ(left.reward, 1.0);
  EXPECT_EQ(left.mean_reward, 0.5 / kRows);
  EXPECT_EQ(left.reward_current_pa, 1000.0);
  const PlayerPoll& right = poll.players[kRight];
  EXPECT_EQ(right.winner, near);
  EXPECT_EQ(right.bare_reward, 0.7);
  EXPECT_EQ(right.reward_current_pa, 100.0);
}

TEST(MatchTest, ChanceIsDrawnForTheLeftPlayerThenTheRightThenTheBall) {
  constexpr uint64_t kSeed = 17;
  Match match(kKinds, kRows, kSeed);
  SplitMix64 random(kSeed);
  EXPECT_EQ(match.game().field().ball, PlaceBall(kRight, random));

  int points = 0;
  for (int poll = 0; poll < 2000; ++poll) {
    const std::array<int, 2> before = match.game().field().score;
    const int left = static_cast<int>(random.Uniform() * kRows);
    const int right = static_cast<int>(random.Uniform() * kRows);
    const Poll& played = match.Play({kSilent, kSilent});
    ASSERT_EQ(played.players[kLeft].winner, left);
    ASSERT_EQ(played.players[kRight].winner, right);
    if (played.score == before) continue;
    ++points;
    const Side scorer = played.score[kLeft] > before[kLeft] ? kLeft : kRight;
    ASSERT_EQ(match.game().field().ball, PlaceBall(scorer, random));
  }
  EXPECT_GT(points, 3);
}

TEST(MatchTest, EqualSeedsAndSpikesGiveEqualMatches) {
  Match one(kKinds, kRows, 5);
  Match other(kKinds, kRows, 5);
  for (int poll = 0; poll < 500; ++poll) {
    one.Play({kSilent, kSilent});
    other.Play({kSilent, kSilent});
    ASSERT_EQ(one.game().field(), other.game().field());
  }
  EXPECT_NE(one.game().field(), Match(kKinds, kRows, 6).game().field());
}

TEST(MatchTest, APlayerWhoFollowsTheBallIsNotBeaten) {
  Match match(kKinds, kRows, 3);
  for (int poll = 0; poll < 5000; ++poll) {
    const int row = match.game().ball_row();
    match.Play({Only(row), Only(row)});
  }
  const std::array<int, 2> score = match.game().field().score;
  EXPECT_LE(score[kLeft] + score[kRight], 2);
  EXPECT_EQ(match.history(kLeft).hit_rate(), 1.0);
}

TEST(MatchTest, HasAsManyRowsAsNeurons) {
  Match match(kKinds, 7, 3);
  for (int poll = 0; poll < 1000; ++poll) {
    const int row = match.game().ball_row();
    ASSERT_LT(row, 7);
    std::vector<uint32_t> counts(7, 0);
    counts[row] = 3;
    match.Play({counts, counts});
  }
  EXPECT_GT(match.history(kRight).mean_reward(), 0.5);
}

}  // namespace
}  // namespace spiked::pong
