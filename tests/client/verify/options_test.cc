#include "client/verify/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spiked::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseOptionsTest, ReadsServerAndFiles) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--server", "unix:/x", "a.json", "b.json"}, {"a.json", "--server=unix:/x", "b.json"}}) {
    const auto options = ParseOptions(arguments);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->server, "unix:/x");
    EXPECT_THAT(options->files, ElementsAre("a.json", "b.json"));
  }
}

TEST(ParseOptionsTest, HelpAndVersionNeedNoFile) {
  EXPECT_TRUE(ParseOptions({"--help"})->help);
  EXPECT_TRUE(ParseOptions({"-h"})->help);
  EXPECT_TRUE(ParseOptions({"--version"})->version);
}

TEST(ParseOptionsTest, BadUsageIsRefusedWithAMessage) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> bad = {
      {{}, "no file"},
      {{"--server", "unix:/x"}, "no file"},
      {{"a.json", "--server"}, "--server needs a value"},
      {{"a.json", "--server", ""}, "--server must be an address"},
      {{"a.json", "--server="}, "--server must be an address"},
      {{"a.json", "--sever", "x"}, "no option --sever"},
      {{"-v", "a.json"}, "no option -v"}};
  for (const auto& [arguments, message] : bad) {
    const auto options = ParseOptions(arguments);
    EXPECT_TRUE(absl::IsInvalidArgument(options.status())) << message;
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(message));
  }
}

TEST(HelpTextTest, NamesEveryOptionOnShortLines) {
  const std::string help = HelpText();
  for (const char* option : {"--server", "--help", "--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
  size_t begin = 0;
  for (size_t end = help.find('\n'); end != std::string::npos; end = help.find('\n', begin)) {
    EXPECT_LE(end - begin, 80u) << help.substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace spiked::verify
