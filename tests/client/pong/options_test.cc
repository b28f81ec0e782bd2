#include "client/pong/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spiked::pong {
namespace {

using testing::HasSubstr;

TEST(ParseOptionsTest, HasDefaults) {
  const auto options = ParseOptions({});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->players, (std::array{PlayerKind::kRstdpNoisy, PlayerKind::kRstdp}));
  EXPECT_EQ(options->polls, 2000);
  EXPECT_EQ(options->seed, 1u);
  EXPECT_EQ(options->num_neurons, 20);
  EXPECT_FALSE(options->speed);
  EXPECT_FALSE(options->plain);
}

TEST(ParseOptionsTest, ReadsEveryOption) {
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

TEST(ParseOptionsTest, HelpHasAShortForm) {
  EXPECT_TRUE(ParseOptions({"--help"})->help);
  EXPECT_TRUE(ParseOptions({"-h"})->help);
}

TEST(ParseOptionsTest, TakesAValueAfterAnEqualsSign) {
  const auto options = ParseOptions({"--polls=9", "--server=dns:///a=b"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->polls, 9);
  EXPECT_EQ(options->server, "dns:///a=b");
}

struct BadUsage {
  std::vector<std::string> arguments;
  // What the message must contain.
  std::string message;
};
void PrintTo(const BadUsage& c, std::ostream* os) { *os << c.message; }

class BadUsageTest : public testing::TestWithParam<BadUsage> {};

TEST_P(BadUsageTest, IsRefusedWithAMessage) {
  const auto options = ParseOptions(GetParam().arguments);
  ASSERT_TRUE(absl::IsInvalidArgument(options.status())) << options.status();
  EXPECT_THAT(std::string(options.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadUsageTest,
    testing::Values(BadUsage{{"--pols", "5"}, "no option --pols"}, BadUsage{{"5"}, "no option 5"},
                    BadUsage{{"-x"}, "no option -x"}, BadUsage{{""}, "no option"},
                    BadUsage{{"--polls"}, "--polls needs a value"},
                    BadUsage{{"--polls", "0"}, "'0'"}, BadUsage{{"--polls", "-1"}, "'-1'"},
                    BadUsage{{"--polls", "5x"}, "'5x'"}, BadUsage{{"--polls", ""}, "''"},
                    BadUsage{{"--polls", "99999999999999999999"}, "--polls must be"},
                    BadUsage{{"--seed", "-1"}, "--seed must be"},
                    BadUsage{{"--players", "rn"}, "two of r, rn, d, dn"},
                    BadUsage{{"--players", "rn,r,d"}, "two of r, rn, d, dn"},
                    BadUsage{{"--players", "rn,x"}, "'rn,x'"},
                    BadUsage{{"--num-neurons", "1"}, "--num-neurons must be"},
                    BadUsage{{"--num-neurons", "401"}, "from 2 to 400"},
                    BadUsage{{"--speed", "nan"}, "--speed must be"},
                    BadUsage{{"--speed", "inf"}, "--speed must be"},
                    BadUsage{{"--speed", "-1"}, "--speed must be"},
                    BadUsage{{"--plain=yes"}, "--plain takes no value"},
                    BadUsage{{"--record", ""}, "--record must be a path"},
                    BadUsage{{"--record-weights", "5"}, "--record-weights needs --record"}));

TEST(HelpTextTest, NamesEveryOptionOnShortLines) {
  const std::string help = HelpText();
  for (const char* option :
       {"--server", "--players", "--polls", "--seed", "--plain", "--record", "--record-weights",
        "--summary", "--num-neurons", "--session-id", "--speed", "--help", "--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
  size_t begin = 0;
  for (size_t end = help.find('\n'); end != std::string::npos; end = help.find('\n', begin)) {
    EXPECT_LE(end - begin, 80u) << help.substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace spiked::pong
