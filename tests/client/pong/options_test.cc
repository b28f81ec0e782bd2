#include "client/pong/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/support/parse_options.h"

namespace spiked::pong {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  return spiked::testing::ParseOptions(MakeCommandLine, arguments);
}

TEST(PongOptionsTest, HasDefaults) {
  const auto options = ParseOptions({});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server, client::DefaultAddress());
  EXPECT_EQ(options->players, (std::array{PlayerKind::kRstdpNoisy, PlayerKind::kRstdp}));
  EXPECT_EQ(options->polls, 2000);
  EXPECT_EQ(options->seed, 1u);
  EXPECT_EQ(options->num_neurons, 20);
  EXPECT_FALSE(options->speed);
  EXPECT_FALSE(options->plain);
}

TEST(PongOptionsTest, ReadsEveryOption) {
  const auto options = ParseOptions({"--server", "unix:/x",   "--players", "dn,d",
                                     "--polls",  "7",         "--seed",    "18446744073709551615",
                                     "--plain",  "--record",  "r.jsonl",   "--record-weights",
                                     "100",      "--summary", "s.json",    "--num-neurons",
                                     "12",       "--speed",   "1.5",       "--session-id",
                                     "mine"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server, "unix:/x");
  EXPECT_EQ(options->players, (std::array{PlayerKind::kDopamineNoisy, PlayerKind::kDopamine}));
  EXPECT_EQ(options->polls, 7);
  EXPECT_EQ(options->seed, UINT64_MAX);
  EXPECT_TRUE(options->plain);
  EXPECT_EQ(options->record, "r.jsonl");
  EXPECT_EQ(options->record_weights, 100);
  EXPECT_EQ(options->summary, "s.json");
  EXPECT_EQ(options->num_neurons, 12);
  EXPECT_EQ(options->speed, 1.5);
  EXPECT_EQ(options->session_id, "mine");
}

struct BadUsage {
  std::vector<std::string> arguments;
  // What the message must contain.
  std::string message;
};
void PrintTo(const BadUsage& c, std::ostream* os) { *os << c.message; }

class PongUsageTest : public ::testing::TestWithParam<BadUsage> {};

TEST_P(PongUsageTest, IsRefusedWithAMessage) {
  const auto options = ParseOptions(GetParam().arguments);
  ASSERT_TRUE(absl::IsInvalidArgument(options.status())) << options.status();
  EXPECT_THAT(std::string(options.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, PongUsageTest,
    ::testing::Values(BadUsage{{"--pols", "5"}, "no option --pols; did you mean --polls?"},
                      BadUsage{{"5"}, "unexpected argument '5'"},
                      BadUsage{{"--polls"}, "--polls: needs a value"},
                      BadUsage{{"--polls", "0"}, "--polls: must be a whole number from 1 to"},
                      BadUsage{{"--seed", "-1"}, "--seed: must be a whole number from 0 to"},
                      BadUsage{{"--players", "rn"}, "--players: must be two of r, rn, d, dn"},
                      BadUsage{{"--players", "r,"}, "--players: must be two of r, rn, d, dn"},
                      BadUsage{{"--players", "rn,r,d"}, "--players: must be two of r, rn, d, dn"},
                      BadUsage{{"--players", "rn,x"}, "'rn,x'"},
                      BadUsage{{"--num-neurons", "1"}, "--num-neurons: must be"},
                      BadUsage{{"--num-neurons", "401"}, "from 2 to 400"},
                      BadUsage{{"--speed", "nan"}, "--speed: must be a number from 0 to"},
                      BadUsage{{"--speed", "-1"}, "--speed: must be a number from 0 to"},
                      BadUsage{{"--plain=maybe"}, "--plain: must be true or false"},
                      BadUsage{{"--record", ""}, "--record: must not be empty"},
                      BadUsage{{"--record-weights", "5"}, "--record-weights requires --record"}));

TEST(PongOptionsTest, HelpNamesEveryOptionOnShortLines) {
  Options options;
  const std::string help = MakeCommandLine(options).Help();
  for (const char* option :
       {"--server", "--players", "--polls", "--seed", "--plain", "--record", "--record-weights",
        "--summary", "--num-neurons", "--session-id", "--speed", "--help", "--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
  for (const absl::string_view line : absl::StrSplit(help, '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
  }
}

}  // namespace
}  // namespace spiked::pong
