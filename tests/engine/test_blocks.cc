// Large networks are worked on block by block, and by several threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/engine/model.h"
#include "server/engine/neuron_group.h"
#include "tests/engine/networks.h"
#include "tests/engine/team.h"

namespace spiked::engine {
namespace {

// Several blocks of neurons, with delays below and beyond the reach of the
// rings, weights that differ, noise, and a Poisson background.
NetworkSpec LargeNetwork() {
  constexpr uint32_t kNeurons = 2 * kBlockLanes + 500;
  NetworkSpec spec;
  spec.populations = {
      Recorded(Population("e", "iaf_psc_exp", kNeurons,
                          {{"V_m", Distribution{Uniform{-70, -55}}}, {"I_e", 360.0}})),
      Recorded(Population("i", "iaf_psc_exp", 1000,
                          {{"V_m", Distribution{Uniform{-70, -55}}}, {"I_e", 350.0}})),
      Recorded(Population("relay", "parrot_neuron", 10)),
      Population("noise", "noise_generator", 1, {{"std", 100.0}}),
      Population("background", "poisson_generator", 1, {{"rate", 300.0}}),
  };
  const Value excitation = Distribution{Normal{30, 5}}, inhibition = Distribution{Normal{-90, 9}};
  spec.projections = {
      Projection("e", "e", excitation, Distribution{Uniform{0.5, 10}}, FixedIndegree{40}),
      Projection("e", "i", excitation, 1.5, FixedIndegree{40}),
      Projection("i", "e", inhibition, 0.5, FixedIndegree{10}),
      Projection("i", "i", inhibition, 0.5, FixedIndegree{10}),
      Projection("e", "relay", 1.0, 1.0, FixedIndegree{5}),
      Projection("relay", "e", 10.0, 20.0),
      Projection("noise", "e"),
      Projection("background", "e", 40.0, 7.0),
      Projection("background", "i", 60.0, 1.0),
  };
  return spec;
}

// Rules of all kinds to several blocks, with relays that repeat themselves.
NetworkSpec PlasticNetwork() {
  constexpr uint32_t kNeurons = 2 * kBlockLanes + 100;
  NetworkSpec spec;
  spec.populations = {
      Recorded(Population("e", "iaf_psc_exp", kNeurons,
                          {{"V_m", Distribution{Uniform{-70, -55}}}, {"I_e", 376.0}})),
      Recorded(Population("relay", "parrot_neuron", 8)),
      Population("background", "poisson_generator", 1, {{"rate", 400.0}}),
      Population("transmitter", "volume_transmitter", 1, {{"deliver_interval", 2.0}}),
  };
  const Value weights = Distribution{Normal{20, 5}, 0, 60};
  const Value delays = Distribution{Uniform{0.5, 10}};
  spec.projections = {
      Plastic(Projection("e", "e", weights, delays, FixedIndegree{20}), "stdp_synapse",
              {{"Wmax", 60.0}, {"lambda", 0.1}}),
      Plastic(Named("dopamine", Projection("relay", "e", weights, delays, FixedIndegree{3})),
              "stdp_dopamine_synapse", {{"Wmax", 60.0}, {"tau_c", 100.0}, {"b", 0.02}},
              "transmitter"),
      Plastic(Named("dense_dopamine", Projection("relay", "e", 5.0, 1.5)), "stdp_dopamine_synapse",
              {{"Wmax", 60.0}, {"tau_c", 50.0}}, "transmitter"),
      Plastic(Named("short-term", Projection("relay", "e", 10.0, delays, FixedIndegree{3})),
              "tsodyks2_synapse", {{"tau_fac", 100.0}}),
      Plastic(Named("rewarded", Projection("e", "e", weights, 1.0, FixedIndegree{5})),
              "rstdp_synapse"),
      Projection("e", "relay", 1.0, 1.0, FixedIndegree{4}),
      Projection("e", "transmitter", 1.0, 1.0, FixedIndegree{30}),
      Projection("background", "e", 40.0, 1.0),
  };
  return spec;
}

// A crowd that nothing is heard of makes the network sparse, on average, so that
// it has a single block.
NetworkSpec InOneBlock(NetworkSpec spec) {
  spec.populations.push_back(Population("crowd", "parrot_neuron", 400'000));
  spec.projections.push_back(Projection("crowd", "crowd", 1.0, 1.0, FixedTotalNumber{1}));
  return spec;
}

// The spikes of all recorded populations.
std::vector<SpikeList> ActivityOf(const Network& network) {
  std::vector<SpikeList> activity;
  for (size_t k = 0; k < network.populations().size(); ++k) {
    if (!network.populations()[k].recorded) continue;
    activity.push_back(network.Spikes(static_cast<int>(k), -1, kNever).List());
    EXPECT_GT(activity.back().stamps.size(), 10u) << network.populations()[k].name;
  }
  return activity;
}

// Weights and variables of the plastic synapses, ordered by their ends.
using Synapse = std::tuple<uint32_t, uint32_t, std::vector<double>>;
std::vector<std::vector<Synapse>> SynapsesOf(const Network& network) {
  std::vector<std::vector<Synapse>> all;
  for (size_t p = 0; p < network.projections().size(); ++p) {
    const auto& info = network.projections()[p];
    if (info.synapse_model == "static_synapse") continue;
    const auto number = static_cast<int>(p);
    const SynapseColumns columns = ReadSynapses(network, number);
    const size_t size = columns.weights.size();
    std::vector<std::vector<double>> variables;
    for (size_t n = 0; n < FindModel(info.synapse_model)->recordables.size(); ++n) {
      network.Synapses(number, 0, UINT64_MAX).CopyVariable(n, variables.emplace_back(size).data());
    }
    auto& synapses = all.emplace_back();
    for (size_t k = 0; k < size; ++k) {
      std::vector<double> values = {columns.weights[k]};
      for (const auto& column : variables) values.push_back(column[k]);
      synapses.emplace_back(columns.sources[k], columns.targets[k], std::move(values));
    }
    std::ranges::sort(synapses);
  }
  return all;
}

void Reward(Lab* lab) {
  EXPECT_THAT(lab->network().ApplyReward(lab->Projection("rewarded"), 0.5), IsOk());
}

TEST(Blocks, ManyThreadsComputeWhatOneDoes) {
  Lab alone(LargeNetwork());
  ASSERT_EQ(alone.network().useful_threads(), 3);
  EXPECT_THAT(alone.simulation().Advance(2000), IsOk());
  const auto expected = ActivityOf(alone.network());
  for (const int threads : {2, 3, 7}) {
    const Team team(threads);
    Lab together(LargeNetwork());
    // Cut where it fits no slice, with the crew coming and going.
    EXPECT_THAT(together.simulation().Advance(333, team), IsOk());
    EXPECT_THAT(together.simulation().Advance(100), IsOk());
    EXPECT_THAT(together.simulation().Advance(2000 - 433, team), IsOk());
    EXPECT_EQ(ActivityOf(together.network()), expected) << threads << " threads";
  }
}

TEST(Blocks, ManyThreadsLearnWhatOneDoes) {
  Lab alone(PlasticNetwork());
  ASSERT_GT(alone.network().useful_threads(), 1);
  EXPECT_THAT(alone.simulation().Advance(500), IsOk());
  Reward(&alone);
  EXPECT_THAT(alone.simulation().Advance(300), IsOk());
  for (const int threads : {2, 7}) {
    const Team team(threads);
    Lab together(PlasticNetwork());
    EXPECT_THAT(together.simulation().Advance(333, team), IsOk());
    EXPECT_THAT(together.simulation().Advance(167), IsOk());
    Reward(&together);
    EXPECT_THAT(together.simulation().Advance(300, team), IsOk());
    EXPECT_EQ(ActivityOf(together.network()), ActivityOf(alone.network())) << threads;
    EXPECT_EQ(SynapsesOf(together.network()), SynapsesOf(alone.network())) << threads;
  }
}

TEST(Blocks, ComputeWhatOneBlockDoes) {
  for (const NetworkSpec& spec : {LargeNetwork(), PlasticNetwork()}) {
    Lab blocks(spec), one_block(InOneBlock(spec));
    ASSERT_EQ(one_block.network().useful_threads(), 1);
    EXPECT_THAT(blocks.simulation().Advance(600), IsOk());
    EXPECT_THAT(one_block.simulation().Advance(600, Team(4)), IsOk());
    EXPECT_EQ(ActivityOf(one_block.network()), ActivityOf(blocks.network()));
    EXPECT_EQ(SynapsesOf(one_block.network()), SynapsesOf(blocks.network()));
  }
}

TEST(Blocks, SmallNetworksAndSparseOnesHaveOne) {
  NetworkSpec spec;
  spec.populations = {Population("n", "iaf_psc_exp", kBlockLanes)};
  spec.projections = {Projection("n", "n", 1.0, 1.0, FixedIndegree{50})};
  EXPECT_EQ(Lab(spec).network().useful_threads(), 1);
  spec.populations[0].size = kBlockLanes + 1;
  EXPECT_EQ(Lab(spec).network().useful_threads(), 2);
  spec.projections[0].rule = OneToOne{};
  EXPECT_EQ(Lab(spec).network().useful_threads(), 1);
}

}  // namespace
}  // namespace spiked::engine
