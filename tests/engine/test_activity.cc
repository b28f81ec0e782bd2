// What is counted of a network: spikes, and what synapses transmit.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

Network* Add(Simulation* simulation, const NetworkSpec& spec) {
  auto network = simulation->AddNetwork("net", spec);
  EXPECT_THAT(network, IsOk());
  return *network;
}

uint64_t Total(const Network& network, const char* population) {
  const auto totals = network.SpikeTotals(network.FindPopulation(population));
  return std::accumulate(totals.begin(), totals.end(), uint64_t{0});
}

TEST(ActivityTest, EverySpikeCountsAndEverySynapseItComesTo) {
  NetworkSpec spec;
  spec.populations = {Population("train", "spike_generator", 2),
                      Population("relay", "parrot_neuron", 3),
                      Population("silent", "iaf_psc_exp", 4)};
  // One synapse of the second generator is so slow that its spikes wait for long.
  spec.projections = {Projection("train", "relay"),
                      Projection("train", "silent", 1.0, 500.0, ExplicitPairs{{1}, {2}}),
                      Plastic(Projection("relay", "silent"), "stdp_synapse")};
  Simulation simulation(0.1, 7);
  Network* const network = Add(&simulation, spec);
  ASSERT_THAT(
      network->SetSpikeTrains(0, std::vector<uint32_t>{0, 1, 1}, std::vector<Step>{10, 20, 30},
                              std::vector<uint32_t>{1, 5, 1}),
      IsOk());
  ASSERT_THAT(simulation.Advance(100), IsOk());
  const Activity activity = simulation.TakeActivity();
  // 7 spikes of generators, each of which all 3 relays repeat.
  EXPECT_EQ(activity.spikes, 7u + 3 * 7);
  EXPECT_EQ(activity.synaptic_events, 7u * 3 + 6 * 1 + 3 * 7 * 4);
  // That a spike arrives is nothing new.
  ASSERT_THAT(simulation.Advance(6000), IsOk());
  EXPECT_EQ(simulation.TakeActivity().spikes, 0u);
  EXPECT_EQ(simulation.TakeActivity().synaptic_events, 0u);
}

TEST(ActivityTest, SpikesThatEachTargetGetsForItselfAreTransmittedOnly) {
  NetworkSpec spec;
  spec.populations = {Population("noise", "poisson_generator", 1, {{"rate", 20'000.0}}),
                      Recorded(Population("relay", "parrot_neuron", 3))};
  spec.projections = {Projection("noise", "relay", 1.0, 0.1)};
  Simulation simulation(0.1, 7);
  const Network& network = *Add(&simulation, spec);
  ASSERT_THAT(simulation.Advance(1000), IsOk());
  const Activity activity = simulation.TakeActivity();
  EXPECT_GT(activity.spikes, 0u);
  EXPECT_EQ(activity.spikes, Total(network, "relay"));
  // All but those of the last step, or a few more that have been drawn ahead.
  EXPECT_GE(activity.synaptic_events, activity.spikes);
  EXPECT_LT(activity.synaptic_events, 2 * activity.spikes);
}

TEST(ActivityTest, DoesNotDependOnHowTimeIsCut) {
  NetworkSpec spec;
  spec.populations = {Population("noise", "poisson_generator", 1, {{"rate", 20'000.0}}),
                      Population("neurons", "iaf_psc_exp", 50, {{"I_e", 380.0}})};
  spec.projections = {Projection("noise", "neurons", 30.0),
                      Projection("neurons", "neurons", 1.0, 1.5, FixedIndegree{.indegree = 10})};
  std::vector<Activity> all;
  for (const Step piece : {1000, 7}) {
    Simulation simulation(0.1, 7);
    Add(&simulation, spec);
    Activity sum;
    while (simulation.now() < 1000) {
      ASSERT_THAT(simulation.Advance(std::min(piece, 1000 - simulation.now())), IsOk());
      const Activity activity = simulation.TakeActivity();
      sum.spikes += activity.spikes;
      sum.synaptic_events += activity.synaptic_events;
    }
    all.push_back(sum);
  }
  EXPECT_GT(all[0].spikes, 0u);
  EXPECT_EQ(all[0].spikes, all[1].spikes);
  EXPECT_EQ(all[0].synaptic_events, all[1].synaptic_events);
}

}  // namespace
}  // namespace spiked::engine
