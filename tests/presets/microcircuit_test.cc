#include "server/presets/microcircuit.h"

#include <cmath>
#include <numeric>
#include <string>
#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/simulation.h"

namespace spiked::presets {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Lt;

uint64_t Neurons(const engine::NetworkSpec& spec) {
  uint64_t neurons = 0;
  for (const auto& p : spec.populations) neurons += p.model == "iaf_psc_exp" ? p.size : 0;
  return neurons;
}

uint64_t RecurrentSynapses(const engine::NetworkSpec& spec) {
  uint64_t synapses = 0;
  for (const auto& p : spec.projections) {
    const auto* rule = std::get_if<engine::FixedTotalNumber>(&p.rule);
    if (rule != nullptr) synapses += rule->connections;
  }
  return synapses;
}

TEST(MicrocircuitTest, HasTheSizeOfThePaper) {
  const auto spec = Microcircuit({});
  EXPECT_EQ(Neurons(spec), 77'169u);
  EXPECT_NEAR(static_cast<double>(RecurrentSynapses(spec)), 0.299e9, 0.001e9);
  // Nine of the 64 pairs of populations are not connected.
  EXPECT_EQ(spec.projections.size(), 55u + 8u);
  EXPECT_TRUE(engine::CheckSpec(spec, engine::Grid(0.1)).ok());
}

TEST(MicrocircuitTest, DirectInputNeedsNoDevices) {
  const auto spec = Microcircuit({.input = MicrocircuitInput::kDirect});
  EXPECT_EQ(spec.populations.size(), 8u);
  // 1,600 synapses of 8 Hz, 87.8 pA and 0.5 ms.
  EXPECT_NEAR(std::get<double>(spec.populations[0].parameters.at("I_e")), 1600 * 8 * 87.8 * 0.5e-3,
              1e-9);
}

TEST(MicrocircuitTest, AtFullScaleNoCurrentMakesUpForAnything) {
  for (const auto& population : Microcircuit({}).populations) {
    if (population.model == "iaf_psc_exp") {
      EXPECT_EQ(std::get<double>(population.parameters.at("I_e")), 0.0);
    }
  }
}

TEST(MicrocircuitTest, ScalesNeuronsAndSynapsesPerNeuron) {
  const auto spec = Microcircuit({.scale = 0.1});
  EXPECT_NEAR(static_cast<double>(Neurons(spec)), 7716.9, 4);
  EXPECT_NEAR(static_cast<double>(RecurrentSynapses(spec)), 2.99e6, 0.01e6);
}

// A tenth of the circuit fires about as the whole does in figure 6 of the paper:
// sparsely in layers 2/3 and 6, most in layer 5, and inhibitory neurons more
// than excitatory ones of their layer.
TEST(MicrocircuitTest, FiresAsThePaperSays) {
  engine::Simulation simulation(0.1, /*seed=*/1);
  const auto network = simulation.AddNetwork("net", Microcircuit({.scale = 0.1}));
  ASSERT_TRUE(network.ok()) << network.status();
  ASSERT_TRUE(simulation.Advance(10'000).ok());
  const auto rate_hz = [&](const std::string& name) {
    const auto totals = (*network)->SpikeTotals((*network)->FindPopulation(name));
    return static_cast<double>(std::accumulate(totals.begin(), totals.end(), uint64_t{0})) /
           static_cast<double>(totals.size());
  };
  const auto between = [](double low, double high) { return AllOf(Gt(low), Lt(high)); };
  EXPECT_THAT(rate_hz("L23E"), between(0.2, 2.0));
  EXPECT_THAT(rate_hz("L4E"), between(2.5, 6.0));
  EXPECT_THAT(rate_hz("L5E"), between(4.0, 10.0));
  EXPECT_THAT(rate_hz("L6E"), between(0.3, 2.5));
  for (const std::string layer : {"L23", "L4", "L5", "L6"}) {
    EXPECT_LT(rate_hz(layer + "E"), rate_hz(layer + "I"));
  }
}

}  // namespace
}  // namespace spiked::presets
