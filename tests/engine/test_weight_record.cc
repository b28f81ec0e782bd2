// Weights that are transmitted, and connections that are cut.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/networks.h"
#include "tests/engine/team.h"

namespace spiked::engine {
namespace {

struct Entry {
  Step stamp;
  uint32_t synapse;
  double weight;
  bool operator==(const Entry&) const = default;
};

std::vector<Entry> Entries(const Network& network, const std::string& projection) {
  const WeightRecordView view =
      network.TransmittedWeights(network.FindProjection(projection), -1, kNever);
  std::vector<Entry> entries;
  for (size_t k = 0; k < view.stamps.size(); ++k) {
    entries.push_back({view.stamps[k], view.weights[k].synapse, view.weights[k].weight});
  }
  return entries;
}

// So many targets that these fall into blocks, which threads share.
TEST(WeightRecord, IsTheSameWithThreads) {
  constexpr uint32_t kSources = 7, kTargets = 5000;
  NetworkSpec spec;
  spec.populations = {Population("g", "spike_generator", kSources),
                      Population("n", "iaf_psc_exp", kTargets, {{"I_e", 390.0}})};
  spec.projections = {Plastic(Projection("g", "n", 300.0, Distribution{Uniform{1, 3}}),
                              "stdp_synapse", {{"Wmax", 1000.0}})};
  spec.projections[0].weights.on = true;
  const std::string name = spec.projections[0].name;
  const Team team(3);
  std::vector<std::vector<Entry>> entries;
  for (Crew* const crew : {static_cast<Crew*>(nullptr), static_cast<Crew*>(team)}) {
    Lab lab(spec);
    std::vector<std::vector<Step>> trains(kSources);
    for (uint32_t k = 0; k < kSources; ++k) trains[k] = {20 + k, 27, 320, 325 + 3 * k};
    lab.Feed("g", trains);
    EXPECT_THAT(lab.network().CutConnections(0, std::vector<uint64_t>{3}), IsOk());
    EXPECT_THAT(lab.simulation().Advance(500, crew), IsOk());
    ASSERT_GT(lab.network().useful_threads(), 1);
    entries.push_back(Entries(lab.network(), name));
  }
  EXPECT_EQ(entries[0].size(), 4u * kSources * kTargets - 4);
  EXPECT_TRUE(entries[0] == entries[1]);
  EXPECT_TRUE(std::ranges::is_sorted(entries[0], {},
                                     [](const Entry& e) { return std::pair(e.stamp, e.synapse); }));
}

TEST(WeightRecord, HoldsWhatShortTermPlasticityTransmits) {
  NetworkSpec spec;
  spec.populations = {Population("g", "spike_generator"), Population("n", "iaf_psc_exp")};
  spec.projections = {
      Plastic(Projection("g", "n", 100.0), "tsodyks2_synapse", {{"U", 0.5}, {"tau_rec", 800.0}})};
  spec.projections[0].weights.on = true;
  Lab lab(spec);
  lab.Feed("g", {{10, 20}});
  lab.RunTo(100);
  const auto entries = Entries(lab.network(), spec.projections[0].name);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0], (Entry{10, 0, 50.0}));
  EXPECT_NEAR(entries[1].weight, 25.03, 0.01);
}

// A spike that a generator emits several times at once is one event at a synapse; a
// relay repeats it spike by spike, which only a plastic synapse can tell apart.
TEST(WeightRecord, CountsAMultiplicityAsTheSynapseDoes) {
  NetworkSpec spec;
  spec.populations = {Population("g", "spike_generator"), Population("relay", "parrot_neuron"),
                      Population("n", "iaf_psc_exp")};
  spec.projections = {Named("g_relay", Projection("g", "relay", 1.0)),
                      Named("g_n", Projection("g", "n", 1.0)),
                      Named("static", Projection("relay", "n", 2.0)),
                      Named("plastic", Plastic(Projection("relay", "n", 3.0), "stdp_synapse"))};
  for (auto& p : spec.projections) p.weights.on = true;
  Lab lab(spec);
  lab.Feed("g", {{10}}, {5});
  lab.RunTo(100);
  EXPECT_EQ(Entries(lab.network(), "g_relay"), (std::vector<Entry>{{10, 0, 1.0}}));
  EXPECT_EQ(Entries(lab.network(), "g_n"), (std::vector<Entry>{{10, 0, 1.0}}));
  EXPECT_EQ(Entries(lab.network(), "static"), (std::vector<Entry>{{20, 0, 2.0}}));
  EXPECT_EQ(Entries(lab.network(), "plastic").size(), 5u);
}

TEST(WeightRecord, IsNotKeptOfDevices) {
  for (const char* device : {"poisson_generator", "dc_generator"}) {
    NetworkSpec spec;
    spec.populations = {Population("d", device), Population("n", "iaf_psc_exp")};
    spec.projections = {Projection("d", "n", 1.0)};
    spec.projections[0].weights.on = true;
    const auto size = CheckSpec(spec, Grid(0.1));
    ASSERT_FALSE(size.ok());
    EXPECT_EQ(FieldOf(size.status()), "projections[0].record_weights");
  }
}

// Slow Poisson input is drawn only when it comes within reach: what was emitted
// before the cut comes all the same.
TEST(CutConnections, LetArriveWhatPoissonGeneratorsHaveEmitted) {
  for (const double delay_ms : {1.0, 300.0}) {
    NetworkSpec spec;
    spec.populations = {Population("p", "poisson_generator", 1, {{"rate", 3000.0}}),
                        Recorded(Population("relay", "parrot_neuron", 2))};
    spec.projections = {Projection("p", "relay", 1.0, delay_ms)};
    Lab whole(spec), cut(spec);
    constexpr Step kCut = 1003;
    const Step delay = std::llround(delay_ms / 0.1);
    whole.RunTo(kCut);
    cut.RunTo(kCut);
    EXPECT_THAT(cut.network().CutConnections(0, std::vector<uint64_t>{1}), IsOk());
    cut.SaveAndRestore();
    whole.RunTo(kCut + delay + 500);
    cut.RunTo(kCut + delay + 500);
    EXPECT_EQ(cut.Stamps("relay", 0), whole.Stamps("relay", 0));
    std::vector<Step> before = whole.Stamps("relay", 1);
    std::erase_if(before, [&](Step stamp) { return stamp > kCut + delay; });
    EXPECT_EQ(cut.Stamps("relay", 1), before);
    EXPECT_LT(before.size(), whole.Stamps("relay", 1).size());
    EXPECT_GT(before.size(), 100u);
  }
}

}  // namespace
}  // namespace spiked::engine
