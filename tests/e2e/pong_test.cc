// Matches of the real spiked-pong on the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/clock.h"
#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

using nlohmann::json;
using ::spiked::testing::ChildProcess;
using ::spiked::testing::ProgramResult;
using ::spiked::testing::ReadFile;
using ::spiked::testing::RunProgram;
using ::spiked::testing::ServerProcess;
using ::spiked::testing::TempDir;
using ::testing::HasSubstr;

class PongTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.Start().ok()) << server_.Log(); }

  // The command line of a match on the server.
  std::vector<std::string> Command(const std::vector<std::string>& options) const {
    std::vector<std::string> command = {SPIKED_PONG_BINARY, "--server", server_.address(),
                                        "--plain"};
    command.insert(command.end(), options.begin(), options.end());
    return command;
  }

  ProgramResult Play(const std::vector<std::string>& options) {
    return RunProgram(Command(options));
  }

  size_t Sessions() {
    auto client = server_.Connect();
    return client.ok() ? client->ListSessions().value_or(std::vector<v1::Session>(99)).size() : 99;
  }

  TempDir dir_;
  ServerProcess server_;
};

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

// Every pairing of the four players, each in its own test.
class PairingTest : public PongTest,
                    public ::testing::WithParamInterface<std::tuple<std::string, std::string>> {};

TEST_P(PairingTest, PlaysToTheEndWithSaneResults) {
  const auto [left, right] = GetParam();
  const std::string players = left + "," + right;
  const ProgramResult result = Play({"--players", players, "--polls", "60", "--record",
                                     dir_.File("record"), "--summary", dir_.File("summary")});
  ASSERT_EQ(result.exit_code, 0) << result.err << server_.Log();
  EXPECT_THAT(result.out, HasSubstr("poll 60 of 60 (100%)"));
  EXPECT_THAT(result.out, HasSubstr("mean reward"));
  EXPECT_EQ(result.err, "");

  const json summary = json::parse(ReadFile(dir_.File("summary")));
  EXPECT_EQ(summary["players"], json({left, right}));
  EXPECT_EQ(summary["polls"], 60);
  EXPECT_EQ(summary["interrupted"], false);
  EXPECT_GT(summary["wall_s"], 0.0);
  EXPECT_GT(summary["polls_per_s"], 0.0);
  EXPECT_NEAR(summary["real_time_factor"].get<double>(), summary["polls_per_s"].get<double>() * 0.2,
              1e-6);
  const std::vector<std::string> names = {left, right};
  for (size_t side = 0; side < 2; ++side) {
    EXPECT_GE(summary["mean_reward"][side], 0.0);
    EXPECT_LE(summary["mean_reward"][side], 1.0);
    EXPECT_GE(summary["hit_rate_last_500"][side], 0.0);
    EXPECT_LE(summary["hit_rate_last_500"][side], 1.0);
    // The means of the players' initial weights in pA.
    const double expected = names[side] == "r"    ? 1586.0
                            : names[side] == "rn" ? 1300.0
                            : names[side] == "d"  ? 1657.5
                                                  : 1275.0;
    EXPECT_NEAR(summary["weights_before"][side]["diagonal"].get<double>(), expected, 10.0);
    EXPECT_NEAR(summary["weights_before"][side]["off_diagonal"].get<double>(), expected, 2.0);
    EXPECT_NE(summary["weights_after"][side], summary["weights_before"][side]) << "plastic";
  }

  const std::vector<json> lines = Lines(ReadFile(dir_.File("record")));
  ASSERT_EQ(lines.size(), 60u);
  for (const char* side : {"left", "right"}) {
    int spikes = 0;
    for (const json& line : lines) {
      ASSERT_EQ(line[side]["counts"].size(), 20u);
      for (const json& count : line[side]["counts"]) spikes += count.get<int>();
    }
    EXPECT_GT(spikes, 60) << side << " is silent";
    EXPECT_LT(spikes, 60 * 20 * 20) << side;
  }
  EXPECT_EQ(lines.back()["time_ms"], 12'000.0);
  EXPECT_EQ(lines.back()["score"], summary["score"]);
  EXPECT_EQ(lines.back()["left"]["mean_reward"], summary["mean_reward"][0]);
  EXPECT_EQ(Sessions(), 0u);
}

const std::vector<std::string> kPlayers = {"r", "rn", "d", "dn"};
INSTANTIATE_TEST_SUITE_P(All, PairingTest,
                         ::testing::Combine(::testing::ValuesIn(kPlayers),
                                            ::testing::ValuesIn(kPlayers)),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_against_" + std::get<1>(test.param);
                         });

TEST_F(PongTest, EqualSeedsGiveEqualRecordsByteForByte) {
  for (const char* players : {"rn,r", "dn,d"}) {
    std::vector<std::string> records;
    for (const char* run : {"one", "other"}) {
      const ProgramResult result = Play({"--players", players, "--polls", "200", "--seed", "7",
                                         "--record", dir_.File(run), "--record-weights", "50"});
      ASSERT_EQ(result.exit_code, 0) << result.err;
      records.push_back(ReadFile(dir_.File(run)));
    }
    EXPECT_TRUE(records[0] == records[1]) << players;
    EXPECT_FALSE(records[0].empty());
  }
}

TEST_F(PongTest, OtherSeedsGiveOtherMatches) {
  Play({"--polls", "20", "--seed", "1", "--record", dir_.File("one")});
  Play({"--polls", "20", "--seed", "2", "--record", dir_.File("other")});
  EXPECT_NE(ReadFile(dir_.File("one")), ReadFile(dir_.File("other")));
}

TEST_F(PongTest, MatchesSideBySideDoNotChangeEachOther) {
  Play({"--polls", "100", "--record", dir_.File("alone")});
  ChildProcess one(Command({"--polls", "100", "--record", dir_.File("one")}));
  ChildProcess other(Command({"--polls", "100", "--record", dir_.File("other")}));
  EXPECT_EQ(one.Wait(absl::Seconds(60)), 0) << one.Errors();
  EXPECT_EQ(other.Wait(absl::Seconds(60)), 0) << other.Errors();
  EXPECT_EQ(ReadFile(dir_.File("one")), ReadFile(dir_.File("alone")));
  EXPECT_EQ(ReadFile(dir_.File("other")), ReadFile(dir_.File("alone")));
}

TEST_F(PongTest, RecordsWeightsEveryFewPolls) {
  const ProgramResult result =
      Play({"--polls", "25", "--record", dir_.File("record"), "--record-weights", "10"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::vector<json> lines = Lines(ReadFile(dir_.File("record")));
  ASSERT_EQ(lines.size(), 25u);
  for (const json& line : lines) {
    const bool due = line["poll"].get<int>() % 10 == 0;
    ASSERT_EQ(line.contains("weights"), due);
    if (!due) continue;
    for (const char* side : {"left", "right"}) {
      ASSERT_EQ(line["weights"][side].size(), 20u);
      for (const json& row : line["weights"][side]) EXPECT_EQ(row.size(), 20u);
    }
  }
}

TEST_F(PongTest, PlaysWithOtherNumbersOfNeurons) {
  for (const char* neurons : {"2", "30", "400"}) {
    const ProgramResult result = Play({"--polls", "3", "--num-neurons", neurons, "--record",
                                       dir_.File("record"), "--record-weights", "2"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(Lines(ReadFile(dir_.File("record")))[0]["left"]["counts"].size(),
              std::stoul(neurons));
  }
}

TEST_F(PongTest, BadUsageExitsWith2AndSaysWhy) {
  const ProgramResult result = Play({"--players", "rn,x"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--players: must be two of r, rn, d, dn"));
  EXPECT_EQ(result.out, "");
}

TEST_F(PongTest, HelpAndVersionNeedNoServer) {
  const ProgramResult help = RunProgram({SPIKED_PONG_BINARY, "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--record-weights"));
  const ProgramResult version = RunProgram({SPIKED_PONG_BINARY, "--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, HasSubstr("spiked-pong 0."));
}

TEST_F(PongTest, WithoutAServerItExitsWith1AndNamesTheAddress) {
  const std::string address = "unix:" + dir_.File("nobody.sock");
  const ProgramResult result = RunProgram({SPIKED_PONG_BINARY, "--server", address, "--plain"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no spiked server answers at " + address));
}

TEST_F(PongTest, FindsTheServerByTheEnvironment) {
  const ProgramResult result = RunProgram({SPIKED_PONG_BINARY, "--polls", "3", "--plain"},
                                          {"SPIKED_SERVER=" + server_.address()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(PongTest, DoesNotTouchASessionThatIsThereAlready) {
  auto client = server_.Connect();
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE(client->CreateSession({.id = "mine"}).ok());
  const ProgramResult result = Play({"--polls", "5", "--session-id", "mine"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("spiked-pong: "));
  EXPECT_EQ(Sessions(), 1u);
}

// Ctrl-C and its like in the middle of a match.
class SignalTest : public PongTest, public ::testing::WithParamInterface<int> {};

TEST_P(SignalTest, EndsTheMatchInOrder) {
  ChildProcess pong(Command({"--polls", "1000000000", "--session-id", "endless", "--record",
                             dir_.File("record"), "--summary", dir_.File("summary")}));
  auto client = server_.Connect();
  ASSERT_TRUE(client.ok()) << client.status();
  // The match is on as soon as time passes.
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (true) {
    auto session = client->AttachSession("endless");
    if (session.ok()) {
      const auto state = session->Get();
      if (state.ok() && state->time_ms() > 0.0) break;
    }
    ASSERT_LT(absl::Now(), deadline) << pong.Errors() << server_.Log();
    absl::SleepFor(absl::Milliseconds(5));
  }

  pong.Signal(GetParam());
  ASSERT_EQ(pong.Wait(absl::Seconds(30)), 0) << pong.Errors();
  EXPECT_THAT(pong.Output(), HasSubstr("Interrupted after"));
  EXPECT_EQ(Sessions(), 0u);

  const json summary = json::parse(ReadFile(dir_.File("summary")));
  EXPECT_EQ(summary["interrupted"], true);
  EXPECT_EQ(Lines(ReadFile(dir_.File("record"))).size(), summary["polls"].get<size_t>());
}

INSTANTIATE_TEST_SUITE_P(All, SignalTest, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_F(PongTest, TellsThatTheServerHasGone) {
  ChildProcess pong(Command({"--polls", "1000000000", "--session-id", "endless"}));
  auto client = server_.Connect();
  ASSERT_TRUE(client.ok()) << client.status();
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!client->AttachSession("endless").ok()) {
    ASSERT_LT(absl::Now(), deadline) << pong.Errors();
    absl::SleepFor(absl::Milliseconds(5));
  }
  server_.Kill();
  EXPECT_EQ(pong.Wait(absl::Seconds(30)), 1);
  EXPECT_THAT(pong.Errors(), HasSubstr("spiked-pong: lost the spiked server at " +
                                       server_.address() + ": it has stopped"));
}

}  // namespace
}  // namespace spiked
