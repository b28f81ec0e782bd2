#include "tests/bench/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spiked::bench {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ParseOptionsTest, RunsAllScenariosUnlessTold) {
  const auto options = ParseOptions({});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->scenarios.size(), AllScenarios().size() - 1);
  EXPECT_THAT(options->scenarios, Not(Contains(FindScenario("microcircuit"))));
  EXPECT_EQ(ParseOptions({"--quick"})->scenarios.size(), AllScenarios().size());
  EXPECT_FALSE(options->settings.quick);
}

TEST(ParseOptionsTest, TakesScenariosAndOptionsInAnyOrder) {
  const auto options =
      ParseOptions({"idle", "--quick", "--json", "f.json", "engine", "--server-binary", "./s"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->scenarios, ElementsAre(FindScenario("idle"), FindScenario("engine")));
  EXPECT_TRUE(options->settings.quick);
  EXPECT_EQ(options->json, "f.json");
  EXPECT_EQ(options->settings.server_binary, "./s");
}

TEST(ParseOptionsTest, ExplainsWhatItDoesNotKnow) {
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

TEST(HelpTextTest, NamesAllScenarios) {
  for (const Scenario& scenario : AllScenarios()) {
    EXPECT_THAT(HelpText(), HasSubstr(std::string(scenario.name)));
  }
}

}  // namespace
}  // namespace spiked::bench
