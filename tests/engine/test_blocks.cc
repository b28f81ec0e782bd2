// Large networks are worked on block by block, and by several threads.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "server/engine/neuron_group.h"
#include "tests/engine/networks.h"

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

// Of each population.
using Activity = std::array<SpikeList, 3>;

Activity ActivityOf(const Network& network) {
  Activity activity;
  for (int k = 0; k < 3; ++k) {
    activity[static_cast<size_t>(k)] = network.Spikes(k, -1, kNever).List();
  }
  return activity;
}

TEST(Blocks, ManyThreadsComputeWhatOneDoes) {
  Lab alone(LargeNetwork());
  ASSERT_EQ(alone.network().useful_threads(), 3);
  EXPECT_THAT(alone.simulation().Advance(2000), IsOk());
  const Activity expected = ActivityOf(alone.network());
  ASSERT_GT(expected[0].stamps.size(), 1000u);
  ASSERT_GT(expected[1].stamps.size(), 100u);
  ASSERT_GT(expected[2].stamps.size(), 10u);
  for (const int threads : {2, 3, 7}) {
    Lab together(LargeNetwork());
    // Cut where it fits no slice, with the crew coming and going.
    EXPECT_THAT(together.simulation().Advance(333, threads), IsOk());
    EXPECT_THAT(together.simulation().Advance(100), IsOk());
    EXPECT_THAT(together.simulation().Advance(2000 - 433, threads), IsOk());
    EXPECT_EQ(ActivityOf(together.network()), expected) << threads << " threads";
  }
}

// A plastic projection, to a neuron that concerns nobody, keeps the network in
// one block.
TEST(Blocks, ComputeWhatOneBlockDoes) {
  Lab blocks(LargeNetwork());
  EXPECT_THAT(blocks.simulation().Advance(2000), IsOk());
  NetworkSpec spec = LargeNetwork();
  spec.populations.push_back(Population("bystander", "iaf_psc_exp"));
  spec.projections.push_back(Plastic(Projection("relay", "bystander", 0.5, 0.5), "stdp_synapse"));
  Lab one_block(spec);
  ASSERT_EQ(one_block.network().useful_threads(), 1);
  EXPECT_THAT(one_block.simulation().Advance(2000, 4), IsOk());
  EXPECT_EQ(ActivityOf(one_block.network()), ActivityOf(blocks.network()));
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
