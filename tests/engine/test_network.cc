// What a network tells its user, and what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "server/engine/network.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

using ::testing::ElementsAre;

// One population of each model that takes input, onto two neurons that fire.
NetworkSpec Mixed() {
  NetworkSpec spec;
  spec.populations = {
      Recorded(Population("trains", "spike_generator", 2)),
      Population("steps", "step_current_generator"),
      Population("dc", "dc_generator", 1, {{"amplitude", 300.0}}),
      Population("noise", "noise_generator", 1, {{"std", 100.0}}),
      Population("poisson", "poisson_generator", 2, {{"rate", 800.0}}),
      Recorded(Population("neurons", "iaf_psc_exp", 2)),
  };
  spec.projections = {
      Plastic(Projection("trains", "neurons", std::vector<double>{600, 620, 640, 660}),
              "rstdp_synapse"),
      Projection("steps", "neurons"),
      Projection("dc", "neurons"),
      Projection("noise", "neurons"),
      Projection("poisson", "neurons", 120.0, 1.0, OneToOne{}),
      Named("later",
            Projection("trains", "neurons", 50.0, 1.5, ExplicitPairs{{1, 0, 1}, {0, 1, 1}})),
  };
  spec.multimeters = {Multimeter("neurons", 0.5, {"I_syn_ex", "V_m"})};
  return spec;
}

// All that can be seen of the network after some more time.
struct Future {
  explicit Future(Lab& lab) {
    lab.RunTo(lab.simulation().now() + 3000);
    spikes = lab.network().Spikes(lab.Population("neurons"), -1, kNever).List();
    weights = lab.Weights("trains-neurons");
    V_m = lab.Signal(1);
  }
  bool operator==(const Future& other) const {
    return spikes == other.spikes && weights == other.weights && V_m == other.V_m;
  }
  SpikeList spikes;
  std::vector<double> weights, V_m;
};

TEST(Network, IsFoundByNamesAndNumbersByHandles) {
  Lab lab(Mixed());
  const Network& network = lab.network();
  EXPECT_EQ(network.name(), "network");
  for (size_t k = 0; k < network.populations().size(); ++k) {
    EXPECT_EQ(network.FindPopulation(network.populations()[k].name), static_cast<int>(k));
  }
  for (size_t k = 0; k < network.projections().size(); ++k) {
    EXPECT_EQ(network.FindProjection(network.projections()[k].name), static_cast<int>(k));
  }
  EXPECT_EQ(network.FindMultimeter("meter"), 0);
  for (const char* name : {"", "neuron", "Neurons", "meter"}) {
    EXPECT_EQ(network.FindPopulation(name), -1);
  }
  EXPECT_EQ(network.FindProjection("neurons"), -1);
  EXPECT_EQ(network.FindMultimeter("neurons"), -1);
}

// More than can be compared with one another: populations of constants of their
// own, projections with transmitters of their own, multimeters.
TEST(Network, HasManyThousandsOfNamedParts) {
  constexpr int kParts = 20'000;
  NetworkSpec spec;
  for (int k = 0; k < kParts; ++k) {
    const std::string number = std::to_string(k);
    spec.populations.push_back(
        Population("neuron" + number, "iaf_psc_exp", 1, {{"V_th", -55.0 + 1e-4 * k}}));
    spec.populations.push_back(Population("transmitter" + number, "volume_transmitter"));
    spec.projections.push_back(
        Named("projection" + number, Plastic(Projection("neuron" + number, "neuron" + number),
                                             "stdp_dopamine_synapse", {}, "transmitter" + number)));
    spec.multimeters.push_back(Multimeter("neuron" + number, 1.0));
    spec.multimeters.back().name = "meter" + number;
  }
  Lab lab(spec);
  for (int k = 0; k < kParts; ++k) {
    const std::string number = std::to_string(k);
    ASSERT_EQ(lab.Population("transmitter" + number), 2 * k + 1);
    ASSERT_EQ(lab.Projection("projection" + number), k);
    ASSERT_EQ(lab.network().FindMultimeter("meter" + number), k);
  }
  EXPECT_EQ(lab.Population("projection0"), -1);
}

TEST(Network, TellsItsSize) {
  Lab lab(Mixed());
  const NetworkSize size = lab.network().size();
  EXPECT_EQ(size.neurons, 9u);
  EXPECT_EQ(size.synapses, 4u + 2 + 2 + 2 + 2 + 3);
  EXPECT_EQ(CheckSpec(Mixed(), Grid(0.1)).value().neurons, size.neurons);
  EXPECT_EQ(CheckSpec(Mixed(), Grid(0.1)).value().synapses, size.synapses);
}

TEST(Network, InputsAreForTheirModels) {
  Lab lab(Mixed());
  const char* names[] = {"trains", "steps", "dc", "noise", "poisson", "neurons"};
  for (const std::string name : names) {
    SCOPED_TRACE(name);
    const int population = lab.Population(name);
    const auto expect = [&](const absl::Status& status, bool fits) {
      if (fits) {
        EXPECT_THAT(status, IsOk());
      } else {
        EXPECT_THAT(status, IsInvalid(""));
      }
    };
    expect(lab.network().SetSpikeTrains(population, {}, {}, {}), name == "trains");
    expect(lab.network().SetCurrentSteps(population, {}, {}, {}), name == "steps");
    expect(lab.network().SetDeviceParameters(population, {}),
           name == "dc" || name == "noise" || name == "poisson");
  }
}

TEST(Network, NamesTheParameterAtFault) {
  Lab lab(Mixed());
  const auto set = [&](const char* population, const Parameters& parameters) {
    return lab.network().SetParameters(lab.Population(population), parameters);
  };
  EXPECT_THAT(set("dc", {{"rate", 1.0}}), IsInvalid("parameters[rate]"));
  EXPECT_THAT(set("dc", {{"amplitude", NAN}}), IsInvalid("parameters[amplitude]"));
  EXPECT_THAT(set("dc", {{"amplitude", Distribution{Normal{0, 1}}}}),
              IsInvalid("parameters[amplitude]"));
  EXPECT_THAT(set("dc", {{"start", 0.05}}), IsInvalid("parameters[start]"));
  EXPECT_THAT(set("dc", {{"start", INFINITY}}), IsInvalid("parameters[start]"));
  EXPECT_THAT(set("dc", {{"stop", INFINITY}}), IsOk());
  EXPECT_THAT(set("noise", {{"std", -1.0}}), IsInvalid("parameters[std]"));
  EXPECT_THAT(set("noise", {{"dt", 2.0}}), IsInvalid("parameters[dt]"));
  EXPECT_THAT(set("poisson", {{"rate", -1.0}}), IsInvalid("parameters[rate]"));
  EXPECT_THAT(set("poisson", {{"rate", std::vector<double>{1, 2, 3}}}),
              IsInvalid("parameters[rate]"));
  EXPECT_THAT(set("poisson", {{"rate", std::vector<double>{1, 2}}}), IsOk());
}

TEST(Network, WhatIsOnlyCheckedOrRefusedChangesNothing) {
  Lab plain(Mixed()), checked(Mixed());
  for (Lab* lab : {&plain, &checked}) {
    lab->Feed("trains", {{100, 400, 900, 2000}, {300, 2500}});
    lab->RunTo(505);
  }
  Network& network = checked.network();
  const std::vector<uint32_t> senders = {0};
  const std::vector<Step> stamps = {600};
  const std::vector<double> amplitudes = {500};
  const auto population = [&](const char* name) { return checked.Population(name); };
  EXPECT_THAT(network.SetSpikeTrains(population("trains"), senders, stamps, {}, Pass::kCheck),
              IsOk());
  EXPECT_THAT(
      network.SetCurrentSteps(population("steps"), senders, stamps, amplitudes, Pass::kCheck),
      IsOk());
  EXPECT_THAT(network.SetParameters(population("dc"), {{"amplitude", 0.0}}, true), IsOk());
  EXPECT_THAT(network.SetParameters(population("noise"), {{"std", 0.0}}, true), IsOk());
  EXPECT_THAT(network.SetParameters(population("poisson"), {{"rate", 0.0}}, true), IsOk());
  EXPECT_THAT(network.ApplyReward(0, 1.0, Pass::kCheck), IsOk());
  // Of several parameters, the bad one spoils all.
  EXPECT_FALSE(network.SetParameters(population("dc"), {{"amplitude", 0.0}, {"stop", -1.0}}).ok());
  EXPECT_FALSE(network.SetSpikeTrains(population("trains"), senders, {}, {}).ok());
  EXPECT_FALSE(network.ApplyReward(0, NAN).ok());
  EXPECT_THAT(network.SetWeights(0, std::vector<double>{1, 2, 3, NAN}), IsInvalid("values[3]"));
  const Future expected(plain), future(checked);
  EXPECT_EQ(future, expected);
  EXPECT_GT(expected.spikes.stamps.size(), 10u);
}

TEST(Network, WeightsAreReplacedAllOrOneByOne) {
  Lab lab(Mixed());
  Network& network = lab.network();
  EXPECT_THAT(network.SetWeights(0, std::vector<double>{1, 2, 3, 4}), IsOk());
  EXPECT_THAT(lab.Weights("trains-neurons"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(network.SetWeights(0, std::vector<double>{5}), IsOk());
  EXPECT_THAT(lab.Weights("trains-neurons"), ElementsAre(5, 5, 5, 5));
  const int later = lab.Projection("later");
  EXPECT_THAT(network.SetWeights(later, std::vector<double>{7, 8, 9}), IsOk());
  EXPECT_THAT(lab.Weights("later"), ElementsAre(7, 8, 9));
  EXPECT_THAT(network.SetWeights(later, std::vector<double>{1, 2}), IsInvalid("weights"));
  EXPECT_THAT(network.SetWeights(later, std::vector<double>{}), IsInvalid("weights"));
  EXPECT_THAT(network.SetWeights(later, std::vector<double>{1, 2, INFINITY}),
              IsInvalid("values[2]"));
  EXPECT_THAT(lab.Weights("later"), ElementsAre(7, 8, 9));
}

TEST(Network, SynapsesAreReadInPieces) {
  Lab lab(Mixed());
  const int later = lab.Projection("later");
  const SynapseColumns all = ReadSynapses(lab.network(), later, 0, 10);
  EXPECT_THAT(all.sources, ElementsAre(0, 1, 1));
  EXPECT_THAT(all.targets, ElementsAre(1, 0, 1));
  EXPECT_THAT(all.weights, ElementsAre(50, 50, 50));
  const SynapseColumns last = ReadSynapses(lab.network(), later, 1, 1);
  EXPECT_THAT(last.sources, ElementsAre(1));
  EXPECT_THAT(last.targets, ElementsAre(0));
  EXPECT_EQ(lab.network().Synapses(later, 3, 1).size(), 0u);
  EXPECT_EQ(lab.network().Synapses(later, UINT64_MAX, UINT64_MAX).size(), 0u);
  const SynapseColumns dense = ReadSynapses(lab.network(), 0, 1, 2);
  EXPECT_THAT(dense.weights, ElementsAre(620, 640));
  EXPECT_THAT(dense.sources, ElementsAre(0, 1));
  EXPECT_THAT(dense.targets, ElementsAre(1, 0));
  EXPECT_THAT(lab.network().SynapseVariable(0, "c").status(), IsInvalid(""));
}

TEST(Network, SpikesAreReadBySpanOfTimeAndCounted) {
  Lab lab(Mixed());
  lab.Feed("trains", {{10, 20, 20, 35}, {20, 30}});
  lab.RunTo(32);
  const int trains = lab.Population("trains");
  const SpikeView spikes = lab.network().Spikes(trains, 10, 30);
  EXPECT_THAT(spikes.List().stamps, ElementsAre(20, 20, 20, 30));
  EXPECT_THAT(spikes.List().senders, ElementsAre(0, 0, 1, 1));
  EXPECT_EQ(spikes.complete_after(), 0);
  EXPECT_THAT(lab.network().SpikeTotals(trains), ElementsAre(3, 2));
  lab.RunTo(40);
  EXPECT_THAT(lab.network().SpikeTotals(trains), ElementsAre(4, 2));
}

TEST(Network, BeyondTheLimitTheOldestRecordsAreForgotten) {
  NetworkSpec spec = Mixed();
  spec.populations[0].record_limit = 3;
  spec.multimeters[0].record_limit = 4;
  Lab lab(spec);
  lab.Feed("trains", {{10, 20, 30, 40, 50}, {}});
  lab.RunTo(100);
  const SpikeView spikes = lab.network().Spikes(0, -1, kNever);
  EXPECT_THAT(spikes.List().stamps, ElementsAre(30, 40, 50));
  EXPECT_EQ(spikes.complete_after(), 20);
  EXPECT_THAT(lab.network().SpikeTotals(0), ElementsAre(5, 0));
  const SignalView signals = lab.network().Signals(0, -1, kNever);
  EXPECT_THAT(signals.times(), ElementsAre(85, 90, 95, 100));
  EXPECT_EQ(signals.complete_after(), 80);
}

TEST(Network, AMultimeterSamplesTheEndOfEveryInterval) {
  NetworkSpec spec;
  spec.populations = {Population("generator", "spike_generator"),
                      Population("neurons", "iaf_psc_exp", 2)};
  spec.projections = {Projection("generator", "neurons", std::vector<double>{30, -20}, 1.0)};
  spec.multimeters = {Multimeter("neurons", 0.4, {"I_syn_in", "V_m", "I_syn_ex"})};
  Lab lab(spec);
  lab.Feed("generator", {{2}});  // arrives with step 12
  lab.RunTo(17);
  const SignalView signals = lab.network().Signals(0, 4, kNever);
  EXPECT_THAT(signals.times(), ElementsAre(8, 12, 16));
  const double decay = std::exp(-0.05);
  const auto near = [](double x) { return ::testing::DoubleNear(x, 1e-12); };
  EXPECT_THAT(signals.Values(0), ElementsAre(0, 0, 0, -20, 0, near(-20 * std::pow(decay, 4))));
  EXPECT_THAT(signals.Values(2), ElementsAre(0, 0, 30, 0, near(30 * std::pow(decay, 4)), 0));
  const std::vector<double> V_m = signals.Values(1);
  EXPECT_EQ(V_m[0], -70);
  EXPECT_EQ(V_m[2], -70) << "felt from the following step on";
  EXPECT_GT(V_m[4], -70);
  EXPECT_LT(V_m[5], -70);
  EXPECT_THAT(lab.network().Signals(0, 4, 12).times(), ElementsAre(8, 12));
}

// A neuron that is driven out of the finite numbers, in whatever way.
TEST(NotFinite, EndsTheStepAndNamesThePopulation) {
  for (const double weight : {1.7e308, -1.7e308}) {
    NetworkSpec spec;
    spec.populations = {Population("generator", "spike_generator"),
                        Population("others", "iaf_psc_exp", 3),
                        Population("neurons", "iaf_psc_exp", 2)};
    spec.projections = {Projection("generator", "neurons", std::vector<double>{1.0, weight})};
    Lab lab(spec);
    Simulation& simulation = lab.simulation();
    lab.Feed("generator", {{10, 11}});
    EXPECT_THAT(simulation.Advance(15), IsOk());
    const absl::Status status = simulation.Advance(15);
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(ReasonOf(status), "NOT_FINITE");
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("'network/neurons'"));
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("neuron 1"));
    // The time of the error stays, and so does everything that can be read.
    EXPECT_EQ(simulation.now(), 30);
    EXPECT_EQ(simulation.Advance(15), status);
    EXPECT_EQ(simulation.now(), 30);
  }
}

TEST(NotFinite, CurrentsOfDevicesCount) {
  NetworkSpec spec;
  spec.populations = {Population("dc", "dc_generator", 1, {{"amplitude", 1e308}}),
                      Population("neurons", "iaf_psc_exp", 1)};
  spec.projections = {Projection("dc", "neurons", 1e3)};
  EXPECT_EQ(ReasonOf(Lab(spec).simulation().Advance(100)), "NOT_FINITE");
}

// The potential overflows for a moment, and the spike that follows hides it.
TEST(NotFinite, ASpikeDoesNotHideIt) {
  NetworkSpec spec;
  spec.populations = {Population("dc", "dc_generator", 1, {{"amplitude", 1.7e308}, {"stop", 0.2}}),
                      Population("neurons", "iaf_psc_exp", 1, {{"C_m", 0.001}})};
  spec.projections = {Projection("dc", "neurons")};
  EXPECT_EQ(ReasonOf(Lab(spec).simulation().Advance(100)), "NOT_FINITE");
}

TEST(NotFinite, RewardsThatLeadThereAreRefused) {
  NetworkSpec spec;
  spec.populations = {Population("sources", "spike_generator"),
                      Population("targets", "iaf_psc_exp")};
  spec.projections = {Plastic(Projection("sources", "targets", 3000.0), "rstdp_synapse")};
  Lab lab(spec);
  lab.Feed("sources", {{10}});
  lab.RunTo(100);
  const std::vector<double> before = lab.Weights("sources-targets");
  EXPECT_THAT(lab.network().ApplyReward(0, 1.7e308, Pass::kCheck),
              FailsWith(absl::StatusCode::kOutOfRange, "value"));
  EXPECT_THAT(lab.network().ApplyReward(0, 1.7e308),
              FailsWith(absl::StatusCode::kOutOfRange, "value"));
  EXPECT_EQ(lab.Weights("sources-targets"), before);
  EXPECT_THAT(lab.network().ApplyReward(0, 1e200), IsOk());
}

}  // namespace
}  // namespace spiked::engine
