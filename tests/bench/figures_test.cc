#include "tests/bench/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace spiked::bench {
namespace {

using testing::ElementsAre;

Figures SomeFigures() {
  Figures figures("engine");
  figures.Add("poll", "us", std::vector<double>{1, 2, 3, 4, 5});
  figures.Add("threads", "", 12.0);
  return figures;
}

TEST(FiguresTest, AreMediansWithTheirSpread) {
  EXPECT_THAT(SomeFigures().all(), ElementsAre(Figure{.scenario = "engine",
                                                      .name = "poll",
                                                      .unit = "us",
                                                      .value = 3,
                                                      .repetitions = 5,
                                                      .spread = 2},
                                               Figure{.scenario = "engine",
                                                      .name = "threads",
                                                      .unit = "",
                                                      .value = 12,
                                                      .repetitions = 1,
                                                      .spread = 0}));
}

TEST(TableTest, HasAColumnForEachField) {
  EXPECT_EQ(Table(SomeFigures().all()),
            "scenario  figure        value     spread  unit     reps\n"
            "engine    poll           3.00       2.00  us          5\n"
            "engine    threads        12.0          0              1\n");
}

TEST(TableTest, ShowsThreeDigitsOfAnyNumber) {
  Figures figures("s");
  for (const double value : {12345.6, 123.4, 0.01234, -1.5}) figures.Add("f", "", value);
  const std::string table = Table(figures.all());
  for (const char* text : {" 12346 ", " 123 ", " 0.0123 ", " -1.50 "}) {
    EXPECT_THAT(table, testing::HasSubstr(text));
  }
}

TEST(JsonTest, HasTheMachineAndTheFigures) {
  const Machine machine = {
      .processor = "Z80", .cores = 1, .compiler = "GNU 12", .commit = "1234abc"};
  EXPECT_EQ(nlohmann::json::parse(Json(machine, SomeFigures().all())), nlohmann::json::parse(R"({
              "machine": {
                "processor": "Z80", "cores": 1, "compiler": "GNU 12", "commit": "1234abc"
              },
              "figures": [
                {"scenario": "engine", "figure": "poll", "unit": "us",
                 "value": 3.0, "repetitions": 5, "spread": 2.0},
                {"scenario": "engine", "figure": "threads", "unit": "",
                 "value": 12.0, "repetitions": 1, "spread": 0.0}
              ]
            })"));
}

}  // namespace
}  // namespace spiked::bench
