// That spiked-bench measures, not how fast anything is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace spiked::bench {
namespace {

using ::spiked::testing::ReadFile;
using ::spiked::testing::RunProgram;
using ::spiked::testing::TempDir;
using ::testing::HasSubstr;

TEST(SmokeTest, AllScenariosRun) {
  const TempDir dir;
  const auto result = RunProgram({SPIKED_BENCH_BINARY, "--quick", "--json", dir.File("figures")},
                                 {"SPIKED_COMMIT=1234abc"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("scenario"));

  const auto json = nlohmann::json::parse(ReadFile(dir.File("figures")));
  EXPECT_GE(json["machine"]["cores"], 1);
  EXPECT_EQ(json["machine"]["commit"], "1234abc");
  std::set<std::string> scenarios;
  for (const auto& figure : json["figures"]) {
    scenarios.insert(figure["scenario"]);
    EXPECT_TRUE(figure["figure"].is_string());
    EXPECT_TRUE(figure["unit"].is_string());
    EXPECT_TRUE(figure["value"].is_number());
    EXPECT_GE(figure["repetitions"], 1);
    EXPECT_GE(figure["spread"], 0.0);
  }
  EXPECT_EQ(scenarios,
            (std::set<std::string>{"durability", "engine", "growth", "idle", "large", "many",
                                   "memory", "microcircuit", "state", "stepping"}));
}

TEST(SmokeTest, BadUsageIsExplained) {
  const auto result = RunProgram({SPIKED_BENCH_BINARY, "nothing"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("SCENARIO: there is no scenario 'nothing'"));
}

TEST(SmokeTest, AServerThatDoesNotStartIsAnError) {
  const auto result =
      RunProgram({SPIKED_BENCH_BINARY, "--server-binary", "/bin/false", "--quick", "idle"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the server ended with 1"));
}

}  // namespace
}  // namespace spiked::bench
