// Several networks on one clock.
#include <gtest/gtest.h>

#include <vector>

#include "server/engine/simulation.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

// Two neurons that drive each other, the first with a constant current.
NetworkSpec Pair(Parameters noise = {}) {
  NetworkSpec spec;
  spec.populations = {
      Recorded(Population("neurons", "iaf_psc_exp", 2, {{"I_e", std::vector<double>{450, 300}}})),
      Population("noise", "noise_generator", 1, std::move(noise))};
  spec.projections = {Projection("neurons", "neurons", 150.0, 1.5, AllToAll{true}),
                      Projection("noise", "neurons")};
  return spec;
}

std::vector<Step> Stamps(const Network& network) {
  std::vector<Step> stamps = network.Spikes(0, -1, kNever).List().stamps;
  for (Step& stamp : stamps) stamp -= network.begin();
  return stamps;
}

TEST(Simulation, KnowsItsTime) {
  Simulation simulation(0.1, 1);
  EXPECT_EQ(simulation.now(), 0);
  EXPECT_THAT(simulation.Advance(0), IsOk());
  EXPECT_THAT(simulation.Advance(3), IsOk());
  EXPECT_EQ(simulation.now(), 3);
  EXPECT_EQ(simulation.now_ms(), 0.3);
}

TEST(Simulation, AllNetworksShareTheClock) {
  Simulation simulation(0.1, 1);
  Network* first = simulation.AddNetwork("first", Pair()).value();
  EXPECT_THAT(simulation.Advance(15), IsOk());
  Network* second = simulation.AddNetwork("second", Pair()).value();
  EXPECT_THAT(simulation.Advance(7), IsOk());
  for (const Network* network : {first, second}) EXPECT_EQ(network->now(), 22);
  EXPECT_EQ(first->begin(), 0);
  EXPECT_EQ(second->begin(), 15);
  EXPECT_EQ(simulation.FindNetwork("second"), second);
  EXPECT_EQ(simulation.FindNetwork("third"), nullptr);
  EXPECT_EQ(simulation.networks().size(), 2u);
}

// Whenever a network begins, it does the same.
TEST(Simulation, ANetworkCreatedLaterBeginsThen) {
  Simulation simulation(0.1, 1);
  Network* first = simulation.AddNetwork("first", Pair()).value();
  EXPECT_THAT(simulation.Advance(10'003), IsOk());
  Network* second = simulation.AddNetwork("second", Pair()).value();
  EXPECT_THAT(simulation.Advance(10'003), IsOk());
  auto expected = Stamps(*first);
  std::erase_if(expected, [](Step stamp) { return stamp > 10'003; });
  EXPECT_GT(expected.size(), 40u);
  EXPECT_EQ(Stamps(*second), expected);
}

TEST(Simulation, ANetworkDoesNotFeelThoseBeside) {
  const NetworkSpec noisy = Pair({{"std", 200.0}});
  Simulation alone(0.1, 1), together(0.1, 1);
  const Network* expected = alone.AddNetwork("a", noisy).value();
  const Network* network = together.AddNetwork("a", noisy).value();
  const Network* twin = together.AddNetwork("b", noisy).value();
  EXPECT_THAT(alone.Advance(10'000), IsOk());
  for (int k = 0; k < 100; ++k) EXPECT_THAT(together.Advance(100), IsOk());
  EXPECT_EQ(Stamps(*network), Stamps(*expected));
  EXPECT_NE(Stamps(*twin), Stamps(*expected)) << "each has noise of its own";
}

TEST(Simulation, NoiseDependsOnTheSeed) {
  std::vector<std::vector<Step>> runs;
  for (const uint64_t seed : {1, 2, 1}) {
    Simulation simulation(0.1, seed);
    const Network* network = simulation.AddNetwork("a", Pair({{"std", 200.0}})).value();
    EXPECT_THAT(simulation.Advance(5000), IsOk());
    runs.push_back(Stamps(*network));
  }
  EXPECT_EQ(runs[0], runs[2]);
  EXPECT_NE(runs[0], runs[1]);
}

TEST(Simulation, ANetworkThatIsRefusedLeavesNoTrace) {
  const NetworkSpec noisy = Pair({{"std", 200.0}});
  Simulation simulation(0.1, 1), plain(0.1, 1);
  NetworkSpec bad = noisy;
  bad.populations[0].model = "iaf";
  EXPECT_FALSE(simulation.AddNetwork("a", bad).ok());
  EXPECT_EQ(simulation.FindNetwork("a"), nullptr);
  EXPECT_THAT(simulation.AddNetwork("a", noisy), IsOk());
  EXPECT_THAT(simulation.AddNetwork("a", Pair()),
              FailsWith(absl::StatusCode::kAlreadyExists, "network"));
  EXPECT_EQ(simulation.networks().size(), 1u);
  ASSERT_THAT(plain.AddNetwork("a", noisy), IsOk());
  EXPECT_THAT(simulation.Advance(5000), IsOk());
  EXPECT_THAT(plain.Advance(5000), IsOk());
  EXPECT_EQ(Stamps(*simulation.FindNetwork("a")), Stamps(*plain.FindNetwork("a")));
}

}  // namespace
}  // namespace spiked::engine
