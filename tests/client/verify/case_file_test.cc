#include "client/verify/case_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"

namespace spiked::verify {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// A file of one case of one step.
json OneCase() {
  return json::parse(R"({
    "simulator": "made by hand",
    "cases": [{
      "name": "one",
      "resolution_ms": 0.5,
      "specification": {
        "populations": [{"name": "n", "model": "iaf_psc_exp", "size": 2, "recordSpikes": true}]
      },
      "inputs": [{"population": "net/g", "spikeTrains": {"senders": [0], "timesMs": [1.5]}}],
      "duration_ms": 20,
      "expected": {
        "spikes": {"net/n": {"times_ms": [3, 4.5], "senders": [1, 0]}},
        "signals": {"net/m": {"times_ms": [1, 2], "V_m": [-70, null, -69.5, -69]}},
        "weights": {"net/s": [1.5, null], "net/d": {"weights": [1], "c": [0.25]}}
      }
    }]
  })");
}

json& TheCase(json& file) { return file["cases"][0]; }

// The only case of a file.
Case Read(const json& file) {
  auto cases = ReadCases(file.dump());
  EXPECT_TRUE(cases.ok()) << cases.status();
  if (!cases.ok()) return {};
  EXPECT_THAT(*cases, SizeIs(1));
  return cases->front();
}

// The message with which a file is refused.
std::string Refusal(const json& file) {
  const auto cases = ReadCases(file.dump());
  EXPECT_TRUE(absl::IsInvalidArgument(cases.status())) << cases.status();
  return std::string(cases.status().message());
}

TEST(CaseFileTest, ReadsNetworkInputAndDuration) {
  const Case read = Read(OneCase());
  EXPECT_EQ(read.name, "one");
  EXPECT_EQ(read.resolution_ms, 0.5);
  EXPECT_EQ(read.specification.populations(0).model(), "iaf_psc_exp");
  ASSERT_THAT(read.steps, SizeIs(1));
  const v1::StepRequest& request = read.steps[0].request;
  EXPECT_EQ(request.duration_ms(), 20.0);
  EXPECT_THAT(request.inputs(0).spike_trains().times_ms(), ElementsAre(1.5));
}

TEST(CaseFileTest, ReadsWhatIsExpected) {
  const Step step = Read(OneCase()).steps[0];
  ASSERT_THAT(step.spikes, SizeIs(1));
  EXPECT_THAT(step.spikes.at("net/n").times_ms, ElementsAre(3.0, 4.5));
  EXPECT_THAT(step.spikes.at("net/n").senders, ElementsAre(1, 0));

  const client::Signals& signals = step.signals.at("net/m");
  EXPECT_THAT(signals.times_ms, ElementsAre(1.0, 2.0));
  EXPECT_EQ(signals.neurons, 2u);
  ASSERT_THAT(signals.values, SizeIs(1)) << "times are no variable";
  EXPECT_EQ(signals.values.at("V_m")[3], -69.0);
  EXPECT_TRUE(std::isnan(signals.values.at("V_m")[1])) << "null is not compared";

  EXPECT_EQ(step.weights.at("net/s").at("weights")[0], 1.5);
  EXPECT_TRUE(std::isnan(step.weights.at("net/s").at("weights")[1]));
  EXPECT_THAT(step.weights.at("net/d"),
              ElementsAre(Pair("c", ElementsAre(0.25)), Pair("weights", ElementsAre(1.0))));
}

TEST(CaseFileTest, NumbersAreReadToTheLastBit) {
  json file = OneCase();
  constexpr double kNumbers[] = {-61.38731635780037, 0.1 + 0.2, 5e-324, 1.7976931348623157e308};
  TheCase(file)["expected"]["weights"]["net/s"] = kNumbers;
  EXPECT_THAT(Read(file).steps[0].weights.at("net/s").at("weights"),
              ::testing::ElementsAreArray(kNumbers));
}

TEST(CaseFileTest, PopulationsMayBeExpectedToBeSilent) {
  json file = OneCase();
  TheCase(file)["expected"] = {{"spikes", {{"net/n", json::object()}}}};
  EXPECT_THAT(Read(file).steps[0].spikes.at("net/n").times_ms, IsEmpty());
}

TEST(CaseFileTest, ReadsStepsWithTheirRewards) {
  json file = OneCase();
  json& one = TheCase(file);
  json last = {{"rewards", {{{"target", "net"}, {"value", 0.4}}}}, {"durationMs", 0}};
  json first = {{"inputs", one["inputs"]}, {"duration_ms", 5}, {"expected", one["expected"]}};
  one["steps"] = {first, last};
  for (const char* field : {"inputs", "duration_ms", "expected"}) one.erase(field);
  const Case read = Read(file);
  ASSERT_THAT(read.steps, SizeIs(2));
  EXPECT_EQ(read.steps[0].request.duration_ms(), 5.0);
  EXPECT_EQ(read.steps[1].request.rewards(0).value(), 0.4);
  EXPECT_THAT(read.steps[1].spikes, IsEmpty());
}

TEST(CaseFileTest, ToleranceIsThatOfTheCase) {
  json file = OneCase();
  EXPECT_EQ(Read(file).signal_tolerance, 1e-10);
  EXPECT_EQ(Read(file).weight_tolerance, 1e-9);
  TheCase(file)["tolerance"] = {{"signals", 0.0}, {"weights", 0.5}};
  EXPECT_EQ(Read(file).signal_tolerance, 0.0);
  EXPECT_EQ(Read(file).weight_tolerance, 0.5);
}

TEST(CaseFileTest, RefusesAFieldThatItDoesNotKnow) {
  json file = OneCase();
  TheCase(file)["specification"]["populations"][0]["modle"] = "iaf_psc_exp";
  EXPECT_THAT(Refusal(file), HasSubstr("(cases[0].specification.populations[0]) modle: Cannot"));
  file = OneCase();
  TheCase(file)["expected"]["wieghts"] = json::object();
  EXPECT_THAT(Refusal(file), HasSubstr("(cases[0].expected) wieghts: Cannot"));
}

TEST(CaseFileTest, RefusesACaseThatComparesNothing) {
  json file = OneCase();
  TheCase(file)["expected"] = json::object();
  EXPECT_EQ(Refusal(file), "case 'one': expected: names nothing to compare");
  TheCase(file).erase("expected");
  EXPECT_EQ(Refusal(file), "case 'one': expected: names nothing to compare");
  EXPECT_EQ(Refusal({{"cases", json::array()}}), "cases: there are none");
  EXPECT_EQ(Refusal(json::object()), "cases: there are none");
}

TEST(CaseFileTest, NamesTheFieldThatIsMissing) {
  json file = OneCase();
  TheCase(file).erase("duration_ms");
  EXPECT_EQ(Refusal(file), "case 'one': duration_ms: is missing");
  TheCase(file).erase("name");
  EXPECT_EQ(Refusal(file), "cases[0].name: is missing");
  file = OneCase();
  TheCase(file)["expected"]["signals"]["net/m"].erase("times_ms");
  EXPECT_EQ(Refusal(file), "case 'one': expected.signals['net/m']: times_ms: is missing");
}

TEST(CaseFileTest, NamesTheStepThatIsWrong) {
  json file = OneCase();
  json& one = TheCase(file);
  one["steps"] = {{{"duration_ms", 1}}, json::object()};
  EXPECT_THAT(Refusal(file), HasSubstr("case 'one': steps: where there are some, they say all"));
  for (const char* field : {"inputs", "duration_ms", "expected"}) one.erase(field);
  EXPECT_EQ(Refusal(file), "case 'one': steps[1].duration_ms: is missing");
}

TEST(CaseFileTest, NamesColumnsThatDoNotFit) {
  const auto refusal = [](const char* pointer, const json& value) {
    json file = OneCase();
    TheCase(file)["expected"][json::json_pointer(pointer)] = value;
    return Refusal(file);
  };
  EXPECT_EQ(refusal("/spikes/net~1n/senders", {1}),
            "case 'one': expected.spikes['net/n']: senders: must have one entry for each of "
            "times_ms");
  for (const json& values : {json{-70}, json{-70, -69, -68}, json::array()}) {
    EXPECT_EQ(refusal("/signals/net~1m/V_m", values),
              "case 'one': expected.signals['net/m']: V_m: must have one value for each of "
              "times_ms and each neuron");
  }
  EXPECT_EQ(refusal("/signals/net~1m", {{"times_ms", {1}}}),
            "case 'one': expected.signals['net/m']: names no variable");
  EXPECT_EQ(refusal("/weights/net~1s", 7),
            "case 'one': expected.weights['net/s']: must be a list of numbers");
  EXPECT_EQ(refusal("/weights/net~1d/c", {"x"}),
            "case 'one': expected.weights['net/d']: c: must be a list of numbers, or null where "
            "nothing is compared");
}

TEST(CaseFileTest, NamesTheFileThatCannotBeRead) {
  const auto missing = ReadCaseFile("/nowhere/x.json");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_EQ(missing.status().message(), "/nowhere/x.json: cannot be read");
  const testing::TempDir dir;
  EXPECT_TRUE(absl::IsNotFound(ReadCaseFile(dir.path()).status())) << "a folder is no file";
  for (const char* text : {"", "cases", "[1]", "null", "{\"cases\": ["}) {
    std::ofstream(dir.File("x.json")) << text;
    const auto bad = ReadCaseFile(dir.File("x.json"));
    EXPECT_TRUE(absl::IsInvalidArgument(bad.status())) << text;
    EXPECT_THAT(std::string(bad.status().message()), HasSubstr(dir.File("x.json") + ": "));
  }
}

}  // namespace
}  // namespace spiked::verify
