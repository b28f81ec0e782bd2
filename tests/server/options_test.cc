#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "server/engine/instruction_set.h"
#include "server/resources.h"
#include "tests/support/parse_options.h"
#include "tests/support/temp_dir.h"

namespace spiked {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  return testing::ParseOptions(MakeCommandLine, arguments);
}

TEST(ServerOptionsTest, DefaultsSuitTheMachine) {
  const auto options = ParseOptions({});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->server.addresses, IsEmpty());
  EXPECT_EQ(options->server.workers, AvailableResources().cores);
  EXPECT_EQ(options->server.limits.max_memory_bytes, AvailableResources().memory_bytes / 2);
  EXPECT_EQ(options->server.limits.max_sessions, 20'000u);
  EXPECT_EQ(options->server.limits.max_neurons, 0u) << "no limit but memory";
  EXPECT_EQ(options->server.limits.max_synapses, 0u) << "no limit but memory";
  EXPECT_FALSE(options->insecure);
  EXPECT_EQ(options->instruction_set, "");
  EXPECT_EQ(options->log_level, spdlog::level::info);
  EXPECT_FALSE(options->health);
}

TEST(ServerOptionsTest, EveryOptionIsRead) {
  const std::string instruction_set = engine::InstructionSets().back();
  const auto options = ParseOptions({"--listen",
                                     "unix:/x",
                                     "--listen=127.0.0.1:0",
                                     "--workers",
                                     "3",
                                     "--max-sessions",
                                     "5",
                                     "--max-memory-mib",
                                     "64",
                                     "--max-neurons",
                                     "1000",
                                     "--max-synapses",
                                     "2000",
                                     "--log-level",
                                     "off",
                                     "--instruction-set",
                                     instruction_set,
                                     "--insecure",
                                     "--token-file",
                                     "/t",
                                     "--accounts",
                                     "/a",
                                     "--health",
                                     "[::1]:7"});
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_THAT(options->server.addresses, SizeIs(2));
  EXPECT_EQ(options->server.addresses[0].ToString(), "unix:/x");
  EXPECT_EQ(options->server.addresses[1].ToString(), "127.0.0.1:0");
  EXPECT_EQ(options->server.workers, 3);
  EXPECT_EQ(options->server.limits.max_sessions, 5u);
  EXPECT_EQ(options->server.limits.max_memory_bytes, 64u << 20);
  EXPECT_EQ(options->server.limits.max_neurons, 1000u);
  EXPECT_EQ(options->server.limits.max_synapses, 2000u);
  EXPECT_EQ(options->log_level, spdlog::level::off);
  EXPECT_EQ(options->instruction_set, instruction_set);
  EXPECT_TRUE(options->insecure);
  EXPECT_EQ(options->server.token_file, "/t");
  EXPECT_EQ(options->server.accounts_file, "/a");
  EXPECT_EQ(options->health->ToString(), "[::1]:7");
}

TEST(ServerOptionsTest, TheEnvironmentListsAddresses) {
  setenv("SPIKED_LISTEN", "unix:/x,127.0.0.1:0", 1);
  const auto options = ParseOptions({});
  unsetenv("SPIKED_LISTEN");
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_THAT(options->server.addresses, SizeIs(2));
  EXPECT_EQ(options->server.addresses[1].ToString(), "127.0.0.1:0");
}

TEST(ServerOptionsTest, QuotasGoByTheirNames) {
  const auto options = ParseOptions({"--quota", "streams=7", "--quota", "labels=0"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server.limits.quotas.streams, 7u);
  EXPECT_EQ(options->server.limits.quotas.labels, 0u);
  EXPECT_EQ(options->server.limits.quotas.sessions, std::nullopt);
  for (const char* bad : {"streams", "streams=", "streams=-1", "none=1", "=1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseOptions({"--quota", bad}).status())) << bad;
  }
}

TEST(ServerOptionsTest, OnlyTheInsecureListenForOtherMachines) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:5"}) {
    const auto refused = ParseOptions({"--listen", address});
    ASSERT_TRUE(absl::IsInvalidArgument(refused.status())) << address;
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr(address));
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("--insecure"));
    EXPECT_TRUE(ParseOptions({"--listen", address, "--insecure"}).ok());
    EXPECT_TRUE(
        ParseOptions({"--listen", address, "--tls-certificate", "/c", "--tls-key", "/k"}).ok());
    EXPECT_TRUE(ParseOptions({"--listen", address, "--health", address}).ok())
        << "who asks for health does not listen";
  }
}

TEST(ServerOptionsTest, TheOwnersTokenComesFromTheEnvironmentAlone) {
  const std::string token(32, 'x');
  setenv("SPIKED_OWNER_TOKEN", token.c_str(), 1);
  EXPECT_EQ(ParseOptions({})->server.owner_token, token);
  setenv("SPIKED_OWNER_TOKEN", "secret", 1);
  const auto refused = ParseOptions({});
  unsetenv("SPIKED_OWNER_TOKEN");
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("SPIKED_OWNER_TOKEN: must be 32"));
  EXPECT_EQ(refused.status().message().find("secret"), absl::string_view::npos);
}

TEST(ServerOptionsTest, TheOwnersTokenMayBeInAFileThatAContainerIsGiven) {
  const testing::TempDir dir;
  const std::string token(32, 'x');
  const auto parse = [&](const std::string& content) {
    std::ofstream(dir.File("secret")) << content;
    return ParseOptions({});
  };
  setenv("SPIKED_OWNER_TOKEN_FILE", dir.File("secret").c_str(), 1);
  EXPECT_THAT(std::string(ParseOptions({}).status().message()), HasSubstr("cannot read"));
  EXPECT_EQ(parse(token + "\n")->server.owner_token, token);
  EXPECT_THAT(std::string(parse("short").status().message()),
              HasSubstr("SPIKED_OWNER_TOKEN_FILE: must be 32"));
  EXPECT_FALSE(parse(token + " " + token).ok());
  setenv("SPIKED_OWNER_TOKEN", token.c_str(), 1);
  const auto twice = parse(token);
  unsetenv("SPIKED_OWNER_TOKEN");
  unsetenv("SPIKED_OWNER_TOKEN_FILE");
  EXPECT_THAT(std::string(twice.status().message()), HasSubstr("give one of them"));
}

struct BadUsage {
  std::vector<std::string> arguments;
  std::string message;  // what it must contain
};
void PrintTo(const BadUsage& usage, std::ostream* os) { *os << usage.message; }

class ServerUsageTest : public ::testing::TestWithParam<BadUsage> {};

TEST_P(ServerUsageTest, IsRefusedWithAMessage) {
  const auto options = ParseOptions(GetParam().arguments);
  ASSERT_TRUE(absl::IsInvalidArgument(options.status())) << options.status();
  EXPECT_THAT(std::string(options.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, ServerUsageTest,
    ::testing::Values(
        BadUsage{{"--listen", "x"}, "--listen: 'x' is neither unix:PATH nor HOST:PORT"},
        BadUsage{{"--health", "x"}, "--health: 'x' is neither unix:PATH nor HOST:PORT"},
        BadUsage{{"--workers", "0"}, "--workers: must be a whole number from 1 to 4096"},
        BadUsage{{"--workers", "4097"}, "--workers: must be a whole number from 1 to 4096"},
        BadUsage{{"--max-sessions", "0"}, "--max-sessions: must be a whole number from 1"},
        BadUsage{{"--max-memory-mib", "1e9"}, "--max-memory-mib: must be a whole number from 1"},
        BadUsage{{"--max-neurons", "-1"}, "--max-neurons: must be a whole number from 0"},
        BadUsage{{"--max-synapses", "all"}, "--max-synapses: must be a whole number from 0"},
        BadUsage{{"--log-level", "loud"},
                 "--log-level: must be trace, debug, info, warning, error or off, not 'loud'"},
        BadUsage{{"--instruction-set", "abacus"},
                 "--instruction-set: must be one of this machine's ("},
        BadUsage{{"--tls-certificate", "/c"}, "--tls-certificate needs --tls-key"},
        BadUsage{{"--tls-key", "/k"}, "--tls-key requires --tls-certificate"},
        BadUsage{{"--port", "1"}, "no option --port"},
        BadUsage{{"serve"}, "unexpected argument 'serve'"}));

// What the page says is written by this test where SPIKED_UPDATE_DOCS is set.
TEST(ServerOptionsTest, TheTableInTheReadmeIsThatOfTheDefinitions) {
  const std::string kBegin = "<!-- settings: ./dev docs -->\n", kEnd = "<!-- end -->\n";
  Options options;
  const std::string table = MakeCommandLine(options).SettingsTable();
  const std::string text = testing::ReadFile(SPIKED_SERVER_README);
  const size_t begin = text.find(kBegin), end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const size_t from = begin + kBegin.size();
  if (std::getenv("SPIKED_UPDATE_DOCS") != nullptr) {
    std::ofstream(SPIKED_SERVER_README) << text.substr(0, from) << table << text.substr(end);
  } else {
    EXPECT_EQ(text.substr(from, end - from), table) << "./dev docs writes it anew";
  }
}

TEST(ServerOptionsTest, HelpNamesEveryOptionOnShortLines) {
  Options options;
  const std::string help = MakeCommandLine(options).Help();
  for (const char* option :
       {"--listen ADDR",      "--insecure",           "--workers N",       "--max-sessions N",
        "--max-memory-mib N", "--token-file FILE",    "--accounts FILE",   "--tls-certificate FILE",
        "--tls-key FILE",     "--tls-client-ca FILE", "--tls-ca FILE",     "--max-neurons N",
        "--max-synapses N",   "--instruction-set X",  "--log-level LEVEL", "--config FILE",
        "--check-config",     "--print-config",       "--health ADDR",     "--help",
        "--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
  for (const absl::string_view line : absl::StrSplit(help, '\n')) EXPECT_LE(line.size(), 80u);
}

}  // namespace
}  // namespace spiked
