// The weights that the players begin with, as drawn.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/engine/simulation.h"
#include "server/presets/pong.h"
#include "tests/statistics/hypothesis.h"

namespace spiked::presets {
namespace {

std::vector<double> Drawn(const engine::NetworkSpec& spec, const std::string& projection) {
  engine::Simulation simulation(0.1, 1);
  const engine::Network& network = **simulation.AddNetwork("player", spec);
  const engine::SynapseView synapses =
      network.Synapses(network.FindProjection(projection), 0, UINT64_MAX);
  std::vector<double> weights(synapses.size());
  synapses.CopyWeights(weights.data());
  return weights;
}

TEST(InitialWeightsTest, FollowTheirDistributions) {
  const PongOptions quiet = {.num_neurons = 100, .noise = false};
  const PongOptions noisy = {.num_neurons = 100, .noise = true};
  struct Case {
    engine::NetworkSpec spec;
    const char* projection;
    double mean, std;
  };
  const Case cases[] = {
      {PongRstdp(quiet), "input_motor", 1586, 5},
      {PongRstdp(noisy), "input_motor", 1300, 1},
      {PongDopamine(quiet), "input_motor", 1657.5, 8},
      {PongDopamine(noisy), "input_motor", 1275, 8},
      {PongDopamine(noisy), "input_striatum", 1275, 8},
  };
  for (const Case& c : cases) {
    const auto weights = Drawn(c.spec, c.projection);
    EXPECT_EQ(weights.size(), c.projection == std::string("input_motor") ? 10000u : 800u);
    EXPECT_GT(testing::NormalP(weights, c.mean, c.std), 0.001) << c.mean << " " << c.std;
  }
}

}  // namespace
}  // namespace spiked::presets
