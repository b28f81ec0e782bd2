#include "client/verify/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/support/parse_options.h"

namespace spiked::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  return spiked::testing::ParseOptions(MakeCommandLine, arguments);
}

TEST(VerifyOptionsTest, ReadServerAndFiles) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--server", "unix:/x", "a.json", "b.json"}, {"a.json", "--server=unix:/x", "b.json"}}) {
    const auto options = ParseOptions(arguments);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->server, "unix:/x");
    EXPECT_THAT(options->files, ElementsAre("a.json", "b.json"));
  }
}

TEST(VerifyOptionsTest, TheServerIsThisUsersUnlessOneIsNamed) {
  EXPECT_EQ(ParseOptions({"a.json"})->server, client::DefaultAddress());
}

TEST(VerifyOptionsTest, BadUsageIsRefusedWithAMessage) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> bad = {
      {{}, "FILE is required"},
      {{"--server", "unix:/x"}, "FILE is required"},
      {{"a.json", "--server"}, "--server: needs a value"},
      {{"a.json", "--server", ""}, "--server: must not be empty"},
      {{"a.json", "--sever", "x"}, "no option --sever; did you mean --server?"},
      {{"-v", "a.json"}, "no option -v"}};
  for (const auto& [arguments, message] : bad) {
    const auto options = ParseOptions(arguments);
    EXPECT_TRUE(absl::IsInvalidArgument(options.status())) << message;
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(message));
  }
}

TEST(VerifyOptionsTest, HelpNamesEveryOptionOnShortLines) {
  Options options;
  const std::string help = MakeCommandLine(options).Help();
  for (const char* option : {"FILE...", "--server ADDR", "--help", "--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
  for (const absl::string_view line : absl::StrSplit(help, '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
  }
}

}  // namespace
}  // namespace spiked::verify
