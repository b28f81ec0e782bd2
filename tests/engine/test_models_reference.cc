// Models against recordings of NEST: each case of models.json is a specification
// with inputs and a duration in the contract's JSON form, and what came of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

using nlohmann::json;

const json& Cases() {
  static const auto& cases =
      *new json(json::parse(std::ifstream(SPIKED_TEST_DATA "/reference/models.json")).at("cases"));
  return cases;
}

Value ToValue(const json& value) {
  if (value.contains("number")) return value.at("number").get<double>();
  return value.at("list").at("values").get<std::vector<double>>();
}

Parameters ToParameters(const json& part) {
  Parameters parameters;
  const json all = part.value("parameters", json::object());
  for (const auto& [name, value] : all.items()) {
    parameters[name] = ToValue(value);
  }
  return parameters;
}

NetworkSpec ToSpec(const json& specification) {
  NetworkSpec spec;
  for (const json& p : specification.at("populations")) {
    spec.populations.push_back(
        Population(p.at("name"), p.at("model"), p.at("size"), ToParameters(p)));
    spec.populations.back().record_spikes = p.value("recordSpikes", false);
  }
  for (const json& p : specification.at("projections")) {
    const json& pairs = p.at("rule").at("explicitPairs");
    spec.projections.push_back(Plastic(
        Named(p.at("name"),
              Projection(
                  p.at("source"), p.at("target"), ToValue(p.at("weight")), ToValue(p.at("delayMs")),
                  ExplicitPairs{.sources = pairs.at("sources"), .targets = pairs.at("targets")})),
        p.at("synapseModel"), ToParameters(p)));
  }
  const json meters = specification.value("multimeters", json::array());
  for (const json& m : meters) {
    MultimeterSpec meter = Multimeter(m.at("population"), m.at("intervalMs"), m.at("variables"));
    meter.name = m.at("name");
    spec.multimeters.push_back(std::move(meter));
  }
  return spec;
}

// Without the network's name.
std::string NameIn(const std::string& address) { return address.substr(address.find('/') + 1); }

struct ReferenceCase {
  std::string name;
  size_t number;
};
void PrintTo(const ReferenceCase& c, std::ostream* os) { *os << c.name; }

std::vector<ReferenceCase> AllCases() {
  std::vector<ReferenceCase> all;
  for (size_t k = 0; k < Cases().size(); ++k) {
    all.push_back({Cases()[k].at("name").get<std::string>(), k});
  }
  return all;
}

class ModelsReference : public ::testing::TestWithParam<ReferenceCase> {};

TEST_P(ModelsReference, SpikesSignalsAndWeightsAgree) {
  const json& c = Cases()[GetParam().number];
  const Grid grid(c.at("resolution_ms"));
  Lab lab(ToSpec(c.at("specification")), 1, c.at("resolution_ms"));
  Network& network = lab.network();
  for (const json& input : c.at("inputs")) {
    const json& trains = input.at("spikeTrains");
    std::vector<Step> stamps;
    for (const double ms : trains.at("timesMs")) stamps.push_back(grid.ToSteps(ms).value());
    EXPECT_THAT(network.SetSpikeTrains(lab.Population(NameIn(input.at("population"))),
                                       trains.at("senders").get<std::vector<uint32_t>>(), stamps,
                                       trains.value("multiplicities", std::vector<uint32_t>())),
                IsOk());
  }
  lab.RunTo(grid.ToSteps(c.at("duration_ms")).value());

  const json& expected = c.at("expected");
  for (const auto& [address, spikes] : expected.at("spikes").items()) {
    const SpikeList ours = network.Spikes(lab.Population(NameIn(address)), -1, kNever).List();
    // Of one step in any order.
    std::multiset<std::pair<Step, uint32_t>> got, want;
    for (size_t k = 0; k < ours.stamps.size(); ++k) got.insert({ours.stamps[k], ours.senders[k]});
    for (size_t k = 0; k < spikes.at("times_ms").size(); ++k) {
      want.insert({grid.ToSteps(spikes.at("times_ms")[k]).value(), spikes.at("senders")[k]});
    }
    EXPECT_EQ(got, want) << address;
  }
  const json all_signals = expected.value("signals", json::object());
  for (const auto& [address, signals] : all_signals.items()) {
    const int meter = network.FindMultimeter(NameIn(address));
    const SignalView view = network.Signals(meter, -1, kNever);
    const auto& variables = network.multimeters()[static_cast<size_t>(meter)].variables;
    // The recordings end before the last sample of ours.
    std::vector<Step> times;
    for (const double ms : signals.at("times_ms")) times.push_back(grid.ToSteps(ms).value());
    ASSERT_FALSE(times.empty());
    const size_t neurons = view.Sample(0, 0).size();
    for (size_t v = 0; v < variables.size(); ++v) {
      const auto want = signals.at(variables[v]).get<std::vector<double>>();
      ASSERT_EQ(want.size(), times.size() * neurons);
      for (size_t k = 0; k < want.size(); ++k) {
        const auto at = std::ranges::lower_bound(view.times(), times[k / neurons]);
        ASSERT_TRUE(at != view.times().end() && *at == times[k / neurons]);
        const auto row = static_cast<size_t>(at - view.times().begin());
        const double got = view.Sample(v, row)[k % neurons];
        ASSERT_NEAR(got, want[k], 1e-10 * std::max(1.0, std::abs(want[k])))
            << variables[v] << " at " << grid.ToMs(*at) << " ms";
      }
    }
  }
  const json all_weights = expected.value("weights", json::object());
  for (const auto& [address, weights] : all_weights.items()) {
    const auto got = lab.Weights(NameIn(address)), want = weights.get<std::vector<double>>();
    ASSERT_EQ(got.size(), want.size());
    for (size_t k = 0; k < want.size(); ++k) {
      EXPECT_NEAR(got[k], want[k], 1e-9 * std::abs(want[k])) << address << " " << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Nest, ModelsReference, ::testing::ValuesIn(AllCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace spiked::engine
