#include "client/pong/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/temp_dir.h"

namespace spiked::pong {
namespace {

// A poll of two players with two neurons.
Poll SomePoll() {
  Poll poll;
  poll.index = 3;
  poll.time_ms = 800.0;
  poll.field.ball = {.x = 0.1 + 0.2, .y = 0.75, .dx = 0.5, .dy = 0.5};
  poll.field.paddles = {0.45, 0.55};
  poll.ball_column = 6;
  poll.ball_row = 1;
  poll.score = {1, 2};
  poll.players[kLeft] = {.paddle_row = 0,
                         .counts = {3, 5},
                         .winner = 1,
                         .bare_reward = 1.0,
                         .reward = 0.5,
                         .reward_current_pa = 1000.0,
                         .mean_reward = 0.375};
  poll.players[kRight] = {.paddle_row = 1,
                          .counts = {2, 1},
                          .winner = 0,
                          .bare_reward = 0.7,
                          .reward = 0.35,
                          .reward_current_pa = 1000.0,
                          .mean_reward = 0.175};
  return poll;
}

TEST(RecordLineTest, IsOneLineInAFixedOrder) {
  EXPECT_EQ(RecordLine(SomePoll(), nullptr),
            R"({"poll":3,"time_ms":800,)"
            R"("ball":{"x":0.30000000000000004,"y":0.75,"cell":[6,1]},"score":[1,2],)"
            R"("left":{"paddle":0.45,"cell":0,"counts":[3,5],"winner":1,"reward":1,)"
            R"("mean_reward":0.375},)"
            R"("right":{"paddle":0.55,"cell":1,"counts":[2,1],"winner":0,"reward":0.7,)"
            R"("mean_reward":0.175}})");
}

TEST(RecordLineTest, HasTheWeightsRowByRow) {
  client::Weights left;
  left.rows = left.columns = 2;
  left.values = {1300.5, 1.0 / 3.0, 2.0, 3.0};
  client::Weights right = left;
  right.values[3] = -4.0;
  const std::array weights = {left, right};
  const auto line = nlohmann::json::parse(RecordLine(SomePoll(), &weights));
  EXPECT_EQ(line["weights"]["left"], nlohmann::json::parse("[[1300.5,0.3333333333333333],[2,3]]"));
  EXPECT_EQ(line["weights"]["right"][1][1], -4.0);
  EXPECT_EQ(line["weights"]["left"][0][1].get<double>(), 1.0 / 3.0) << "to the last bit";
}

class ReplayRecordTest : public ::testing::Test {
 protected:
  static Match NewMatch(uint64_t seed = 5) {
    return Match({PlayerKind::kRstdp, PlayerKind::kDopamine}, 2, seed);
  }
  // A record of so many polls, without and with weights.
  std::string Written(int polls) {
    Match match = NewMatch();
    client::Weights some;
    some.rows = some.columns = 1;
    some.values = {1.0};
    const std::array weights = {some, some};
    std::string text;
    for (int k = 0; k < polls; ++k) {
      const auto n = static_cast<uint32_t>(k);
      text += RecordLine(match.Play({{{n, 3}, {1, n}}}), k % 2 == 0 ? &weights : nullptr) + "\n";
    }
    return text;
  }
  absl::StatusOr<int64_t> Replay(const std::string& text, Match& match, double until_ms = 1e9) {
    std::ofstream(dir_.File("record"), std::ios::binary) << text;
    return ReplayRecord(dir_.File("record"), until_ms, match);
  }

  testing::TempDir dir_;
};

TEST_F(ReplayRecordTest, BringsTheMatchToItsEnd) {
  const std::string text = Written(7);
  Match match = NewMatch();
  const auto bytes = Replay(text + R"({"poll":7,"ti)", match);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, static_cast<int64_t>(text.size()));
  EXPECT_EQ(match.polls(), 7);
  Match longer = NewMatch();
  ASSERT_TRUE(Replay(Written(8), longer).ok());
  EXPECT_EQ(RecordLine(match.Play({{{7, 3}, {1, 7}}}), nullptr),
            RecordLine(longer.last(), nullptr));
}

TEST_F(ReplayRecordTest, GoesNoFurtherThanItIsTold) {
  for (const double until_ms : {3 * kPollMs, 4 * kPollMs - 0.1}) {
    Match match = NewMatch();
    const auto bytes = Replay(Written(7), match, until_ms);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_EQ(*bytes, static_cast<int64_t>(Written(3).size()));
    EXPECT_EQ(match.polls(), 3);
  }
}

TEST_F(ReplayRecordTest, RefusesWhatIsNoPollOfTheMatch) {
  Match other = NewMatch(6);
  EXPECT_THAT(Replay(Written(3), other).status().message(), ::testing::HasSubstr("line 1: "));
  for (const char* line : {"", "1", "[]", "{", R"({"left":1})", R"({"left":{"counts":[1]}})",
                           R"({"left":{"counts":[1,-1]},"right":{"counts":[1,1]}})",
                           R"({"left":{"counts":[1,1]},"right":{"counts":[1,1]}})"}) {
    Match match = NewMatch();
    const auto bytes = Replay(Written(2) + line + "\n", match);
    EXPECT_TRUE(absl::IsInvalidArgument(bytes.status())) << line;
    EXPECT_THAT(bytes.status().message(), ::testing::HasSubstr("line 3: ")) << line;
  }
  Match match = NewMatch();
  EXPECT_FALSE(ReplayRecord(dir_.File("none"), 1e9, match).ok());
}

}  // namespace
}  // namespace spiked::pong
