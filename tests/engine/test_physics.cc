// What textbooks say of neurons and of noise, in place of another simulator.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr double kTau = 10, kC = 250, kTauSyn = 2, kRest = -70, kThreshold = 15;  // ms, pF, mV

NetworkSpec OneNeuron(Parameters parameters, double sample_ms) {
  NetworkSpec spec;
  spec.populations = {Recorded(Population("neuron", "iaf_psc_exp", 1, std::move(parameters)))};
  spec.multimeters = {Multimeter("neuron", sample_ms)};
  return spec;
}

TEST(Physics, AConstantCurrentChargesTheMembraneExponentially) {
  const double current = 350;  // pA; 14 mV, below threshold
  Lab lab(OneNeuron({{"I_e", current}}, 0.1));
  lab.RunTo(1000);
  const auto V_m = lab.Signal();
  for (size_t k = 0; k < V_m.size(); ++k) {
    const double ms = 0.1 * static_cast<double>(k + 1);
    EXPECT_NEAR(V_m[k] - kRest, current * kTau / kC * -std::expm1(-ms / kTau), 1e-10);
  }
}

TEST(Physics, AboveThresholdItFiresRegularly) {
  for (const double t_ref : {0.0, 2.0, 7.5}) {
    const double current = 500;  // 20 mV
    Lab lab(OneNeuron({{"I_e", current}, {"t_ref", t_ref}}, 0.1));
    lab.RunTo(10000);
    // From reset to threshold, rounded up to the grid, after the refractory time.
    const double rise = kTau * std::log(current / (current - kThreshold * kC / kTau));
    const Step rise_steps = std::ceil(rise / 0.1), period = rise_steps + std::llround(t_ref / 0.1);
    std::vector<Step> expected;
    for (Step stamp = rise_steps; stamp <= 10000; stamp += period) expected.push_back(stamp);
    EXPECT_EQ(lab.Stamps("neuron"), expected) << t_ref;
    const auto V_m = lab.Signal();
    for (Step step = rise_steps; step <= rise_steps + std::llround(t_ref / 0.1); ++step) {
      EXPECT_EQ(V_m[static_cast<size_t>(step - 1)], kRest) << "clamped while refractory";
    }
  }
}

TEST(Physics, APostsynapticPotentialHasItsAmplitudeAndTimeOfPeak) {
  const double weight = 500;
  NetworkSpec spec = OneNeuron({}, 0.01);
  spec.populations.push_back(Population("generator", "spike_generator"));
  spec.projections = {Projection("generator", "neuron", weight, 1.0)};
  Lab lab(spec, 1, 0.01);
  lab.Feed("generator", {{100}});
  lab.RunTo(5000);
  const auto V_m = lab.Signal();
  const auto peak = std::ranges::max_element(V_m);
  // V(t) = w/C (1/tau_syn - 1/tau_m)^-1 (exp(-t/tau_m) - exp(-t/tau_syn)) after
  // the arrival at 2 ms, with its peak where the derivative is zero.
  const double time = std::log(kTau / kTauSyn) / (1 / kTauSyn - 1 / kTau);
  const double amplitude =
      weight / kC / (1 / kTauSyn - 1 / kTau) * (std::exp(-time / kTau) - std::exp(-time / kTauSyn));
  EXPECT_NEAR(*peak - kRest, amplitude, 1e-5);
  EXPECT_NEAR(0.01 * static_cast<double>(peak - V_m.begin() + 1), 2.0 + time, 0.01);
}

// A current drawn anew every delta is white noise to a membrane that is much
// slower, and makes it an Ornstein-Uhlenbeck process.
TEST(Physics, NoiseCurrentSpreadsTheMembranePotential) {
  const double sigma = 400, delta = 0.1;
  NetworkSpec spec;
  spec.populations = {
      Population("noise", "noise_generator", 1, {{"std", sigma}, {"dt", delta}}),
      Population("neurons", "iaf_psc_exp", 200, {{"V_th", 1000.0}}),
  };
  spec.projections = {Projection("noise", "neurons")};
  spec.multimeters = {Multimeter("neurons", 50)};  // five time constants
  Lab lab(spec);
  lab.RunTo(50'500);
  auto V_m = lab.Signal();
  V_m.erase(V_m.begin(), V_m.begin() + 200);
  ASSERT_EQ(V_m.size(), 20'000u);
  const auto [mean, variance] = MomentsOf(V_m);
  const double expected = delta * kTau * sigma * sigma / (2 * kC * kC);
  EXPECT_NEAR(mean, kRest, 4 * std::sqrt(expected / 20'000));
  EXPECT_NEAR(variance, expected, 4 * expected * std::sqrt(2 / 20'000.0));
}

TEST(Physics, APoissonGeneratorMakesAParrotFireAtItsRate) {
  NetworkSpec spec;
  spec.populations = {Population("poisson", "poisson_generator", 1, {{"rate", 50.0}}),
                      Recorded(Population("parrot", "parrot_neuron"))};
  spec.projections = {Projection("poisson", "parrot")};
  Lab lab(spec);
  lab.RunTo(1'000'010);  // 100 s and the delay
  const auto spikes = static_cast<double>(lab.network().SpikeTotals(lab.Population("parrot"))[0]);
  EXPECT_NEAR(spikes, 5000, 4 * std::sqrt(5000));
}

}  // namespace
}  // namespace spiked::engine
