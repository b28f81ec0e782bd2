#include "tests/bench/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/support/parse_options.h"

namespace spiked::bench {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  return spiked::testing::ParseOptions(MakeCommandLine, arguments);
}

TEST(BenchOptionsTest, RunsAllScenariosUnlessTold) {
  const auto options = ParseOptions({});
  ASSERT_TRUE(options.ok());
  size_t on_request = 0;
  for (const Scenario& scenario : AllScenarios()) {
    if (scenario.on_request) {
      ++on_request;
      EXPECT_THAT(ScenariosOf(*options), Not(Contains(&scenario)));
    }
  }
  EXPECT_GT(on_request, 0u);
  EXPECT_EQ(ScenariosOf(*options).size(), AllScenarios().size() - on_request);
  EXPECT_EQ(ScenariosOf(*ParseOptions({"--quick"})).size(), AllScenarios().size());
  EXPECT_FALSE(options->settings.quick);
}

TEST(BenchOptionsTest, TakesScenariosAndOptionsInAnyOrder) {
  const auto options =
      ParseOptions({"idle", "--quick", "--json", "f.json", "engine", "--server-binary", "./s"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(ScenariosOf(*options), ElementsAre(FindScenario("idle"), FindScenario("engine")));
  EXPECT_TRUE(options->settings.quick);
  EXPECT_EQ(options->json, "f.json");
  EXPECT_EQ(options->settings.server_binary, "./s");
}

TEST(BenchOptionsTest, ExplainsWhatItDoesNotKnow) {
  for (const auto& [arguments, named] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--slow"}, "--slow"},
           {{"motor"}, "motor"},
           {{"--json"}, "--json"},
           {{"--server-binary", ""}, "--server-binary"}}) {
    const auto options = ParseOptions(arguments);
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(named));
  }
}

TEST(BenchOptionsTest, HelpNamesAllScenarios) {
  Options options;
  const std::string help = MakeCommandLine(options).Help();
  for (const Scenario& scenario : AllScenarios()) {
    EXPECT_THAT(help, HasSubstr(std::string(scenario.name)));
  }
  for (const absl::string_view line : absl::StrSplit(help, '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
  }
}

}  // namespace
}  // namespace spiked::bench
