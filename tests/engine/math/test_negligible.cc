#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "server/engine/math/exp.h"
#include "server/engine/math/negligible.h"
#include "tests/engine/naive.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = std::numeric_limits<double>::min();

TEST(WithoutNegligible, TakesAwayOnlyThat) {
  for (const double x : {1.0, -1.0, kNegligible, -kNegligible}) EXPECT_EQ(WithoutNegligible(x), x);
  for (const double x : {0.0, -0.0, kNegligible / 2, -kNegligible / 2, kTiny, 0x1p-1074}) {
    EXPECT_EQ(WithoutNegligible(x), 0.0) << x;
  }
  EXPECT_TRUE(std::isnan(WithoutNegligible(kNaN)));
}

// A neuron that rests at zero, so that its potential shows how small it is, and
// gets one spike of either kind. The currents of one reach zero by way of
// subnormal numbers, those of the other do not.
NetworkSpec OneSpikeEach() {
  NetworkSpec spec;
  spec.populations = {
      Population("input", "spike_generator", 2),
      Population("neuron", "iaf_psc_exp", 2,
                 {{"E_L", 0.0},
                  {"V_m", 0.0},
                  {"V_th", 15.0},
                  {"V_reset", 0.0},
                  {"tau_m", 5.0},
                  {"tau_syn_ex", std::vector<double>{2.0, 0.1}},
                  {"tau_syn_in", std::vector<double>{1.3, 0.07}}}),
  };
  spec.projections = {Projection("input", "neuron", std::vector<double>{300, 200, -100, -150})};
  spec.multimeters = {Multimeter("neuron", 0.1, {"V_m", "I_syn_ex", "I_syn_in"})};
  return spec;
}

constexpr Step kUntil = 50'000;
constexpr Step kStamps[] = {27, 32};

std::vector<std::vector<double>> Decay(Step piece) {
  Lab lab(OneSpikeEach());
  lab.Feed("input", {{kStamps[0]}, {kStamps[1]}});
  for (Step at = piece; at <= kUntil; at += piece) lab.RunTo(at);
  return {lab.Signal(0), lab.Signal(1), lab.Signal(2)};
}

TEST(Negligible, CurrentsAndPotentialsDecayToZeroByTheRule) {
  const auto signals = Decay(kUntil);
  const double C = 250, h = 0.1, tau_m = 5;
  for (size_t neuron = 0; neuron < 2; ++neuron) {
    const double tau[] = {neuron == 0 ? 2.0 : 0.1, neuron == 0 ? 1.3 : 0.07};
    double p11[2], p21[2], current[2] = {}, v = 0;
    for (int k = 0; k < 2; ++k) {
      p11[k] = Exp(-h / tau[k]);
      p21[k] = tau[k] * tau_m / (tau_m - tau[k]) / C * p11[k] *
               Expm1(h * ((tau_m - tau[k]) / (tau[k] * tau_m)));
    }
    const double p22 = Exp(-h / tau_m);
    bool subnormal = false;
    for (Step step = 1; step <= kUntil; ++step) {
      v = v * p22 + current[0] * p21[0] + current[1] * p21[1];
      for (int k = 0; k < 2; ++k) current[k] *= p11[k];
      if (step == kStamps[0] + 10) current[0] += neuron == 0 ? 300 : 200;
      if (step == kStamps[1] + 10) current[1] += neuron == 0 ? -100 : -150;
      if (step % kTidySteps == 0) {
        v = WithoutNegligible(v);
        for (double& x : current) x = WithoutNegligible(x);
      }
      subnormal = subnormal || (current[0] != 0 && current[0] < kTiny);
      const auto sample = static_cast<size_t>(step - 1) * 2 + neuron;
      ASSERT_EQ(signals[0][sample], v) << step;
      ASSERT_EQ(signals[1][sample], current[0]) << step;
      ASSERT_EQ(signals[2][sample], current[1]) << step;
    }
    EXPECT_EQ(v, 0);
    EXPECT_EQ(current[0], 0);
    EXPECT_EQ(current[1], 0);
    EXPECT_EQ(subnormal, neuron == 1) << "the processor does not round to zero";
  }
}

TEST(Negligible, DecayIsTheSameWithAnyInstructionSetAndHoweverTimeIsCut) {
  const auto expected = Decay(kUntil);
  for (const std::string& name : InstructionSets()) {
    const InstructionSetScope scope(name);
    EXPECT_EQ(Decay(kUntil), expected) << name;
    EXPECT_EQ(Decay(40), expected) << name;
  }
}

// From below, a potential comes ever closer to rest and never there.
TEST(Negligible, APotentialDoesNotReachAThresholdAtRest) {
  NetworkSpec spec;
  spec.populations = {Recorded(Population(
      "neuron", "iaf_psc_exp", 1,
      {{"E_L", 0.0}, {"V_m", -10.0}, {"V_th", 0.0}, {"V_reset", -10.0}, {"tau_m", 1.0}}))};
  Lab lab(spec);
  lab.RunTo(20'000);
  EXPECT_TRUE(lab.Stamps("neuron").empty());
}

TEST(Negligible, EligibilityAndDopamineDecayToZero) {
  NetworkSpec spec;
  spec.populations = {
      Population("input", "spike_generator", 2),
      Population("dopamine", "parrot_neuron"),
      Population("source", "parrot_neuron", 20),
      Population("target", "iaf_psc_exp", 1, {{"tau_minus", 5.0}}),
      Population("transmitter", "volume_transmitter"),
  };
  spec.projections = {
      Projection("input", "dopamine", 1.0, 1.0, ExplicitPairs{{1}, {0}}),
      Projection("input", "source", 1.0, 1.0,
                 ExplicitPairs{std::vector<uint32_t>(20, 0),
                               [] {
                                 std::vector<uint32_t> all(20);
                                 for (uint32_t k = 0; k < 20; ++k) all[k] = k;
                                 return all;
                               }()}),
      Plastic(Projection("source", "target", 200.0), "stdp_dopamine_synapse",
              {{"tau_c", 3.0}, {"tau_n", 2.0}, {"tau_plus", 4.0}, {"Wmax", 300.0}}, "transmitter"),
      Projection("dopamine", "transmitter"),
  };
  const auto run = [&spec] {
    Lab lab(spec);
    lab.Feed("input", {{10, 20, 30, 40, 50, 60, 70}, {60}});
    lab.RunTo(1'000);
    for (const double c : lab.Variable("source-target", "c")) EXPECT_NE(c, 0);
    for (const double n : lab.Variable("source-target", "n")) EXPECT_NE(n, 0);
    lab.RunTo(30'000);
    for (const double c : lab.Variable("source-target", "c")) EXPECT_EQ(c, 0);
    for (const double n : lab.Variable("source-target", "n")) EXPECT_EQ(n, 0);
    return lab.Weights("source-target");
  };
  const auto expected = run();
  for (const std::string& name : InstructionSets()) {
    const InstructionSetScope scope(name);
    EXPECT_EQ(run(), expected) << name;
  }
}

}  // namespace
}  // namespace spiked::engine
