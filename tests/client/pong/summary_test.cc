#include "client/pong/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace spiked::pong {
namespace {

using testing::HasSubstr;

client::Weights Matrix(std::vector<double> values) {
  client::Weights weights;
  weights.rows = weights.columns = 2;
  weights.values = std::move(values);
  return weights;
}

Summary SomeSummary(int64_t total) {
  Match match({PlayerKind::kDopamineNoisy, PlayerKind::kRstdp}, 2, 9);
  const int row = match.game().ball_row();
  std::vector<uint32_t> hit(2, 0);
  hit[row] = 1;
  std::vector<uint32_t> miss(2, 0);
  miss[1 - row] = 1;
  match.Play({hit, miss});
  const client::Weights before = Matrix({1, 2, 3, 4});
  const client::Weights after = Matrix({10, 20, 30, 40});
  return Summarize(match, {.polls = 1, .total = total, .elapsed = absl::Milliseconds(100)},
                   {before, before}, {after, after});
}

TEST(MeansOfTest, SeparatesTheDiagonal) {
  const MeanWeights means = MeansOf(Matrix({1, 2, 4, 7}));
  EXPECT_EQ(means.diagonal, 4.0);
  EXPECT_EQ(means.off_diagonal, 3.0);
}

TEST(SummaryJsonTest, IsOneObjectWithAllResults) {
  const auto json = nlohmann::json::parse(SummaryJson(SomeSummary(1)));
  EXPECT_EQ(json["players"], nlohmann::json({"dn", "r"}));
  EXPECT_EQ(json["seed"], 9);
  EXPECT_EQ(json["num_neurons"], 2);
  EXPECT_EQ(json["polls"], 1);
  EXPECT_EQ(json["interrupted"], false);
  EXPECT_EQ(json["score"], nlohmann::json({0, 0}));
  EXPECT_EQ(json["mean_reward"], nlohmann::json({0.25, 0.175}));
  EXPECT_EQ(json["hit_rate_last_500"], nlohmann::json({1.0, 0.0}));
  EXPECT_EQ(json["weights_before"][0]["diagonal"], 2.5);
  EXPECT_EQ(json["weights_after"][1]["off_diagonal"], 25.0);
  EXPECT_EQ(json["wall_s"], 0.1);
  EXPECT_EQ(json["polls_per_s"], 10.0);
  EXPECT_EQ(json["real_time_factor"], 2.0);
}

TEST(SummaryJsonTest, TellsThatTheMatchWasCutShort) {
  EXPECT_EQ(nlohmann::json::parse(SummaryJson(SomeSummary(5)))["interrupted"], true);
}

TEST(SummaryTableTest, TellsTheResultOfBothPlayers) {
  const std::string table = SummaryTable(SomeSummary(1));
  EXPECT_THAT(table, HasSubstr("left dn"));
  EXPECT_THAT(table, HasSubstr("right r"));
  EXPECT_THAT(table, HasSubstr("0.250"));
  EXPECT_THAT(table, HasSubstr("100.0%"));
  EXPECT_THAT(table, HasSubstr("  diagonal, before         2.5       2.5\n"
                               "            after         25.0      25.0\n"));
  EXPECT_THAT(SummaryTable(SomeSummary(5)), HasSubstr("Interrupted after 1 poll in"));
}

TEST(SummaryTableTest, FitsASmallTerminal) {
  std::istringstream table(SummaryTable(SomeSummary(1)));
  for (std::string line; std::getline(table, line);) EXPECT_LE(line.size(), 40u) << line;
}

TEST(SummaryTableTest, SpeaksOfSoManyPollsAsThereWere) {
  EXPECT_THAT(SummaryTable(SomeSummary(1)), HasSubstr("\nhits  "));
  Summary longer = SomeSummary(501);
  longer.progress.polls = 501;
  EXPECT_THAT(SummaryTable(longer), HasSubstr("\nhits, last 500 polls"));
}

}  // namespace
}  // namespace spiked::pong
