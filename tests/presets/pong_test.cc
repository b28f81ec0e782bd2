// The presets against the table of the four players.
#include "server/presets/pong.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/network.h"
#include "server/engine/time.h"

namespace spiked::presets {
namespace {

using engine::NetworkSpec;
using engine::Parameters;
using engine::PopulationSpec;
using engine::ProjectionSpec;
using engine::Value;
using ::testing::ElementsAre;

// One line a part, with all that tells it from another.
std::string Describe(const PopulationSpec& p) {
  return p.name + " " + p.model + " " + std::to_string(p.size) + (p.record_spikes ? " rec" : "");
}

std::string Describe(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return ::testing::PrintToString(*number);
  const auto& distribution = std::get<engine::Distribution>(value);
  const auto& normal = std::get<engine::Normal>(distribution.kind);
  EXPECT_EQ(distribution, engine::Distribution{.kind = normal}) << "bounds";
  return "N(" + ::testing::PrintToString(normal.mean) + "," + ::testing::PrintToString(normal.std) +
         ")";
}

std::string Describe(const ProjectionSpec& p) {
  const bool all = p.rule == engine::ConnectionRule(engine::AllToAll{});
  EXPECT_TRUE(all || p.rule == engine::ConnectionRule(engine::OneToOne{}));
  return p.name + ": " + p.source + (all ? " => " : " -> ") + p.target + " " + p.synapse_model +
         " " + Describe(p.weight) + " " + Describe(p.delay_ms);
}

template <typename Part>
std::vector<std::string> DescribeAll(const std::vector<Part>& parts) {
  std::vector<std::string> lines;
  for (const Part& part : parts) lines.push_back(Describe(part));
  return lines;
}

Parameters ParametersOf(const NetworkSpec& spec, const std::string& name) {
  for (const auto& p : spec.populations) {
    if (p.name == name) return p.parameters;
  }
  for (const auto& p : spec.projections) {
    if (p.name == name) return p.parameters;
  }
  ADD_FAILURE() << "no part " << name;
  return {};
}

const Parameters kRstdp = {{"eta", 0.7},          {"A", 36.0},         {"tau", 64.0},
                           {"saturation", 128.0}, {"pre_shift", -1.0}, {"causal_only", 1.0}};

Parameters Dopaminergic(double w_max) {
  return {{"A_plus", 0.85}, {"A_minus", 1.5}, {"tau_plus", 45.0}, {"tau_c", 70.0},
          {"tau_n", 30.0},  {"b", 0.028},     {"Wmin", 1220.0},   {"Wmax", w_max}};
}

TEST(PongRstdpTest, QuietPlayerIsAsInTheTable) {
  const NetworkSpec spec = PongRstdp({});
  EXPECT_THAT(DescribeAll(spec.populations),
              ElementsAre("input spike_generator 20", "relay parrot_neuron 20",
                          "motor iaf_psc_exp 20 rec"));
  EXPECT_THAT(DescribeAll(spec.projections),
              ElementsAre("input_relay: input -> relay static_synapse 1 1",
                          "input_motor: relay => motor rstdp_synapse N(1586,5) 1"));
  EXPECT_EQ(ParametersOf(spec, "input_motor"), kRstdp);
  EXPECT_EQ(ParametersOf(spec, "motor"), Parameters());
}

TEST(PongRstdpTest, NoisyPlayerIsAsInTheTable) {
  const NetworkSpec spec = PongRstdp({.noise = true});
  EXPECT_THAT(DescribeAll(spec.populations),
              ElementsAre("input spike_generator 20", "relay parrot_neuron 20",
                          "motor iaf_psc_exp 20 rec", "background noise_generator 20"));
  EXPECT_THAT(DescribeAll(spec.projections),
              ElementsAre("input_relay: input -> relay static_synapse 1 1",
                          "input_motor: relay => motor rstdp_synapse N(1300,1) 1",
                          "background_motor: background -> motor static_synapse 1 1"));
  EXPECT_EQ(ParametersOf(spec, "input_motor"), kRstdp);
  EXPECT_EQ(ParametersOf(spec, "background"), Parameters({{"std", 220.0}}));
}

TEST(PongDopamineTest, QuietPlayerIsAsInTheTable) {
  const NetworkSpec spec = PongDopamine({});
  EXPECT_THAT(
      DescribeAll(spec.populations),
      ElementsAre("input spike_generator 20", "relay parrot_neuron 20", "motor iaf_psc_exp 20 rec",
                  "striatum iaf_psc_exp 8 rec", "vp iaf_psc_exp 8 rec", "dopa iaf_psc_exp 8 rec",
                  "transmitter volume_transmitter 1", "dopa_current dc_generator 1"));
  EXPECT_THAT(DescribeAll(spec.projections),
              ElementsAre("input_relay: input -> relay static_synapse 1 1",
                          "input_motor: relay => motor stdp_dopamine_synapse N(1657.5,8) 1",
                          "input_striatum: relay => striatum stdp_dopamine_synapse N(1275,8) 1",
                          "striatum_vp: striatum => vp static_synapse -250 1",
                          "vp_dopa: vp => dopa static_synapse -1150 1",
                          "striatum_dopa: striatum => dopa static_synapse -1150 200",
                          "dopa_transmitter: dopa => transmitter static_synapse 1 1",
                          "dopa_current_dopa: dopa_current => dopa static_synapse 1 1"));
  EXPECT_EQ(ParametersOf(spec, "input_motor"), Dopaminergic(1750));
  EXPECT_EQ(ParametersOf(spec, "input_striatum"), Dopaminergic(1750));
  for (const ProjectionSpec& p : spec.projections) {
    const bool dopaminergic = p.synapse_model == "stdp_dopamine_synapse";
    EXPECT_EQ(p.volume_transmitter, dopaminergic ? "transmitter" : "") << p.name;
  }
}

TEST(PongDopamineTest, NoisyPlayerDiffersAsInTheTable) {
  const NetworkSpec spec = PongDopamine({.noise = true});
  ASSERT_EQ(spec.populations.size(), 9u);
  EXPECT_EQ(Describe(spec.populations[3]), "background poisson_generator 20");
  EXPECT_EQ(ParametersOf(spec, "background"), Parameters({{"rate", 15.0}}));
  ASSERT_EQ(spec.projections.size(), 9u);
  EXPECT_EQ(Describe(spec.projections[1]),
            "input_motor: relay => motor stdp_dopamine_synapse N(1275,8) 1");
  EXPECT_EQ(Describe(spec.projections[2]),
            "background_motor: background -> motor static_synapse 1275 1");
  EXPECT_EQ(ParametersOf(spec, "input_motor"), Dopaminergic(1550));
  EXPECT_EQ(ParametersOf(spec, "input_striatum"), Dopaminergic(1550));
}

TEST(PongTest, TheFieldSetsTheSizeOfInputAndMotorButNotOfTheCritic) {
  for (const PopulationSpec& p : PongDopamine({.num_neurons = 7, .noise = true}).populations) {
    const bool of_the_field =
        p.name == "input" || p.name == "relay" || p.name == "motor" || p.name == "background";
    const bool single = p.name == "transmitter" || p.name == "dopa_current";
    EXPECT_EQ(p.size, of_the_field ? 7u : single ? 1u : 8u) << p.name;
  }
}

TEST(PongTest, TheEngineAcceptsAllPlayersOfAllSizes) {
  for (const uint32_t num_neurons : {2u, 20u, 1000u}) {
    for (const bool noise : {false, true}) {
      const PongOptions options{.num_neurons = num_neurons, .noise = noise};
      EXPECT_TRUE(engine::CheckSpec(PongRstdp(options), engine::Grid(0.1)).ok());
      EXPECT_TRUE(engine::CheckSpec(PongDopamine(options), engine::Grid(0.1)).ok());
    }
  }
}

}  // namespace
}  // namespace spiked::presets
