// Generators and relays as neurons see them.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr double kP22 = 0.9900498337491681;   // exp(-h / tau_m)
const double kP20 = 10.0 / 250 * (1 - kP22);  // mV for a pA over a step

// The current that drove each step, from the membrane potential at its end; the
// neuron must not fire.
std::vector<double> Currents(const std::vector<double>& V_m, size_t neurons = 1, size_t k = 0) {
  std::vector<double> currents;
  double before = 0;
  for (size_t at = k; at < V_m.size(); at += neurons) {
    const double v = V_m[at] + 70;
    currents.push_back((v - before * kP22) / kP20);
    before = v;
  }
  return currents;
}

// A device onto neurons that do not fire, sampled every step.
NetworkSpec DeviceSpec(PopulationSpec device, double delay_ms = 1.0, uint32_t neurons = 1) {
  NetworkSpec spec;
  device.name = "device";
  spec.populations = {device, Population("neurons", "iaf_psc_exp", neurons, {{"V_th", 1e9}})};
  spec.projections = {Projection("device", "neurons", 1.0, delay_ms)};
  spec.multimeters = {Multimeter("neurons", 0.1)};
  return spec;
}

// 0 up to step `from`, `amplitude` from there to `to`, and so on.
struct Stretch {
  Step until;
  double amplitude;
};
void ExpectCurrents(const std::vector<double>& currents, const std::vector<Stretch>& stretches) {
  Step step = 1;
  for (const auto& [until, amplitude] : stretches) {
    for (; step <= until; ++step) {
      ASSERT_NEAR(currents[static_cast<size_t>(step - 1)], amplitude, 1e-9) << "step " << step;
    }
  }
  EXPECT_EQ(currents.size(), static_cast<size_t>(step - 1));
}

NetworkSpec Chain() {
  NetworkSpec spec;
  spec.populations = {Recorded(Population("generators", "spike_generator", 2)),
                      Recorded(Population("parrots", "parrot_neuron", 2)),
                      Recorded(Population("last", "parrot_neuron", 2))};
  spec.projections = {Projection("generators", "parrots", 1.0, 1.0, OneToOne{}),
                      Projection("parrots", "last", 1.0, 8.0, OneToOne{})};
  return spec;
}

TEST(SpikeGenerator, EmitsItsStampsAndSkipsThoseThatHavePassed) {
  Lab lab(Chain());
  lab.Feed("generators", {{1, 50, 50, 90}, {20}});
  lab.RunTo(60);
  lab.Feed("generators", {{30, 60, 61, 70}, {}});
  lab.RunTo(200);
  EXPECT_EQ(lab.Stamps("generators", 0), (std::vector<Step>{1, 50, 50, 61, 70}));
  EXPECT_EQ(lab.Stamps("generators", 1), std::vector<Step>{20});
}

TEST(SpikeGenerator, NamesTheStampAtFault) {
  Lab lab(Chain());
  const auto set = [&](const std::vector<uint32_t>& senders, const std::vector<Step>& stamps,
                       const std::vector<uint32_t>& multiplicities) {
    return lab.network().SetSpikeTrains(0, senders, stamps, multiplicities);
  };
  EXPECT_THAT(set({0, 1}, {10, 0}, {}), IsInvalid("times_ms[1]"));
  EXPECT_THAT(set({0, 1, 0}, {10, 5, 9}, {}), IsInvalid("times_ms[2]"));
  EXPECT_THAT(set({0, 1, 0}, {10, 5, 10}, {}), IsOk());
  EXPECT_THAT(set({0, 2}, {10, 20}, {}), IsInvalid("senders[1]"));
  EXPECT_THAT(set({0, 1}, {10}, {}), IsInvalid("times_ms"));
  EXPECT_THAT(set({0, 1}, {10, 20}, {1}), IsInvalid("multiplicities"));
  EXPECT_THAT(set({0, 1}, {10, 20}, {1, 0}), IsInvalid("multiplicities[1]"));
  EXPECT_THAT(set({0, 1}, {10, 20}, {kMaxMultiplicity + 1, 1}), IsInvalid("multiplicities[0]"));
}

TEST(Parrot, RepeatsSpikesWhenTheyArrive) {
  Lab lab(Chain());
  lab.Feed("generators", {{50, 100}, {101}});
  lab.RunTo(300);
  EXPECT_EQ(lab.Stamps("parrots", 0), (std::vector<Step>{60, 110}));
  EXPECT_EQ(lab.Stamps("parrots", 1), std::vector<Step>{111});
  EXPECT_EQ(lab.Stamps("last", 0), (std::vector<Step>{140, 190}));
  EXPECT_EQ(lab.Stamps("last", 1), std::vector<Step>{191});
}

TEST(Parrot, KeepsMultiplicitiesAndAddsWhatMeets) {
  Lab lab(Chain());
  lab.Feed("generators", {{50, 100, 100}}, {3, 1, 2});
  lab.RunTo(300);
  EXPECT_EQ(lab.Stamps("generators"), (std::vector<Step>{50, 50, 50, 100, 100, 100}));
  EXPECT_EQ(lab.Stamps("last"), (std::vector<Step>{140, 140, 140, 190, 190, 190}));
  EXPECT_EQ(lab.network().SpikeTotals(lab.Population("last"))[0], 6u);
}

TEST(DirectCurrent, LastsFromStartToStop) {
  const auto device =
      Population("", "dc_generator", 1, {{"amplitude", 100.0}, {"start", 5.0}, {"stop", 10.0}});
  for (const double delay_ms : {0.5, 1.0, 12.0}) {
    Lab lab(DeviceSpec(device, delay_ms));
    lab.RunTo(300);
    const Step d = std::llround(delay_ms / 0.1);
    ExpectCurrents(Currents(lab.Signal()), {{50 + d, 0}, {100 + d, 100}, {300, 0}});
  }
}

// From the beginning of the network on, a current is a step late.
TEST(DirectCurrent, OfTheBeginningIsAStepLate) {
  Lab lab(DeviceSpec(Population("", "dc_generator", 1, {{"amplitude", 100.0}})));
  lab.RunTo(100);
  ExpectCurrents(Currents(lab.Signal()), {{11, 0}, {100, 100}});
}

TEST(DirectCurrent, ReprogrammedToStartNowIsAStepLate) {
  Lab lab(DeviceSpec(Population("", "dc_generator")));
  for (const Step now : {100, 337}) {
    lab.RunTo(now);
    const double ms = 0.1 * static_cast<double>(now);
    EXPECT_THAT(
        lab.network().SetParameters(0, {{"amplitude", 100.0}, {"start", ms}, {"stop", ms + 3.2}}),
        IsOk());
  }
  lab.RunTo(500);
  ExpectCurrents(Currents(lab.Signal()), {{111, 0}, {142, 100}, {348, 0}, {379, 100}, {500, 0}});
}

TEST(DirectCurrent, ReprogrammedToStartLaterStartsThen) {
  Lab lab(DeviceSpec(Population("", "dc_generator")));
  lab.RunTo(100);
  EXPECT_THAT(lab.network().SetParameters(0, {{"amplitude", 100.0}, {"start", 10.1}}), IsOk());
  lab.RunTo(200);
  ExpectCurrents(Currents(lab.Signal()), {{111, 0}, {200, 100}});
}

// What has left the device arrives, whatever becomes of it meanwhile.
TEST(DirectCurrent, UnderWayStaysAsItWas) {
  Lab lab(
      DeviceSpec(Population("", "dc_generator", 1, {{"amplitude", 100.0}, {"start", 2.0}}), 10.0));
  lab.RunTo(60);
  EXPECT_THAT(lab.network().SetParameters(0, {{"amplitude", 40.0}}), IsOk());
  lab.RunTo(90);
  EXPECT_THAT(lab.network().SetParameters(0, {{"amplitude", 0.0}}), IsOk());
  lab.RunTo(300);
  ExpectCurrents(Currents(lab.Signal()), {{120, 0}, {161, 100}, {191, 40}, {300, 0}});
}

TEST(StepCurrent, HoldsEachValueUntilTheNext) {
  Lab lab(DeviceSpec(Population("", "step_current_generator", 2)));
  lab.RunTo(30);
  const auto set = [&](const std::vector<uint32_t>& senders, const std::vector<Step>& times,
                       const std::vector<double>& values) {
    return lab.network().SetCurrentSteps(0, senders, times, values);
  };
  // Of what has passed the latest counts from now on; two devices add up.
  EXPECT_THAT(set({0, 0, 1, 0, 1}, {10, 20, 40, 60, 61}, {99, 10, 500, -7, 0}), IsOk());
  lab.RunTo(80);
  EXPECT_THAT(set({1}, {90}, {3}), IsOk());
  lab.RunTo(150);
  ExpectCurrents(Currents(lab.Signal()),
                 {{40, 0}, {50, 10}, {70, 510}, {71, 493}, {100, -7}, {150, -4}});
}

TEST(StepCurrent, NamesTheStepAtFault) {
  Lab lab(DeviceSpec(Population("", "step_current_generator", 2)));
  const auto set = [&](const std::vector<uint32_t>& senders, const std::vector<Step>& times,
                       const std::vector<double>& values) {
    return lab.network().SetCurrentSteps(0, senders, times, values);
  };
  EXPECT_THAT(set({0}, {-1}, {1}), IsInvalid("times_ms[0]"));
  EXPECT_THAT(set({0, 1, 0}, {5, 5, 5}, {1, 1, 1}), IsInvalid("times_ms[2]"));
  EXPECT_THAT(set({2}, {5}, {1}), IsInvalid("senders[0]"));
  EXPECT_THAT(set({0, 1}, {5}, {1}), IsInvalid("times_ms"));
  EXPECT_THAT(set({0, 1}, {5, 5}, {1}), IsInvalid("amplitudes_pa"));
  EXPECT_THAT(set({0, 1}, {5, 5}, {1, std::nan("")}), IsInvalid("amplitudes_pa[1]"));
}

PopulationSpec Noise(double mean, double std, double dt) {
  return Population("", "noise_generator", 1, {{"mean", mean}, {"std", std}, {"dt", dt}});
}

TEST(Noise, IsDrawnForEachTargetAndHeldForDt) {
  constexpr size_t kNeurons = 3;
  Lab lab(DeviceSpec(Noise(20, 100, 0.7), 1.0, kNeurons));
  lab.RunTo(1 + 10 + 70 * 7);
  const auto V_m = lab.Signal();
  std::set<double> drawn;
  for (size_t k = 0; k < kNeurons; ++k) {
    const auto currents = Currents(V_m, kNeurons, k);
    for (size_t step = 0; step < 10; ++step) EXPECT_NEAR(currents[step], 0, 1e-9);
    for (size_t draw = 0; draw < 70; ++draw) {
      const double first = currents[10 + 7 * draw];
      for (size_t held = 1; held < 7; ++held) {
        EXPECT_NEAR(currents[10 + 7 * draw + held], first, 1e-8);
      }
      drawn.insert(std::round(first * 1e6));
    }
  }
  EXPECT_EQ(drawn.size(), kNeurons * 70);
}

TEST(Noise, OfANetworkCreatedLaterIsDrawnFromItsBeginningOn) {
  Simulation simulation(0.1, 1);
  EXPECT_THAT(simulation.Advance(38), IsOk());
  const Network& network = *simulation.AddNetwork("later", DeviceSpec(Noise(0, 100, 0.7))).value();
  EXPECT_THAT(simulation.Advance(10 + 7 * 20), IsOk());
  const auto currents = Currents(network.Signals(0, -1, kNever).Values(0));
  for (size_t step = 0; step < 10; ++step) EXPECT_NEAR(currents[step], 0, 1e-9);
  for (size_t step = 11; step < currents.size(); ++step) {
    const bool drawn_anew = (step - 10) % 7 == 0;
    EXPECT_EQ(std::abs(currents[step] - currents[step - 1]) > 1e-8, drawn_anew) << step;
  }
}

// For targets few and many, which are drawn in blocks of different sizes.
TEST(Noise, HasItsMeanItsSpreadAndNoMemory) {
  for (const uint32_t neurons : {20u, 400u}) {
    const double mean = 50, std = 220;
    Lab lab(DeviceSpec(Noise(mean, std, 0.1), 0.1, neurons));
    const Step steps = 40'000 / static_cast<Step>(neurons);
    lab.RunTo(steps);
    const auto V_m = lab.Signal();
    std::vector<double> all, products_in_time, products_across;
    std::vector<std::vector<double>> noise;
    for (size_t k = 0; k < neurons; ++k) {
      noise.push_back(Currents(V_m, neurons, k));
      noise.back().erase(noise.back().begin());  // before the delay
      for (size_t s = 0; s < noise[k].size(); ++s) {
        const double x = (noise[k][s] - mean) / std;
        all.push_back(noise[k][s]);
        if (s > 0) products_in_time.push_back(x * (noise[k][s - 1] - mean) / std);
        if (k > 0) products_across.push_back(x * (noise[k - 1][s] - mean) / std);
      }
    }
    const double n = static_cast<double>(all.size());
    const auto [sample_mean, variance] = MomentsOf(all);
    EXPECT_NEAR(sample_mean, mean, 4 * std / std::sqrt(n));
    EXPECT_NEAR(variance, std * std, 4 * std * std * std::sqrt(2 / n));
    EXPECT_NEAR(MomentsOf(products_in_time).mean, 0, 4 / std::sqrt(n));
    EXPECT_NEAR(MomentsOf(products_across).mean, 0, 4 / std::sqrt(n));
    EXPECT_NEAR(MomentsOf(products_in_time).variance, 1, 0.1);
  }
}

TEST(Noise, FollowsNewParametersFromTheNextDraw) {
  Lab lab(DeviceSpec(Noise(20, 0, 1.0)));
  lab.RunTo(45);
  EXPECT_THAT(lab.network().SetParameters(0, {{"mean", -30.0}}), IsOk());
  lab.RunTo(100);
  ExpectCurrents(Currents(lab.Signal()), {{10, 0}, {60, 20}, {100, -30}});
}

// The spikes of poisson_generators as parrots repeat them: counts[k][step].
std::vector<std::vector<double>> PoissonCounts(const std::vector<double>& rates, Step steps,
                                               double delay_ms = 1.0) {
  const auto size = static_cast<uint32_t>(rates.size());
  NetworkSpec spec;
  PopulationSpec parrots = Recorded(Population("parrots", "parrot_neuron", size));
  parrots.record_limit = 10'000'000;
  spec.populations = {Population("poisson", "poisson_generator", size, {{"rate", rates}}), parrots};
  spec.projections = {Projection("poisson", "parrots", 1.0, delay_ms, OneToOne{})};
  Lab lab(spec);
  const Step delay = std::llround(delay_ms / 0.1);
  lab.RunTo(delay + steps);
  const SpikeList spikes = lab.network().Spikes(1, -1, kNever).List();
  std::vector<std::vector<double>> counts(size, std::vector<double>(static_cast<size_t>(steps)));
  for (size_t k = 0; k < spikes.stamps.size(); ++k) {
    ++counts[spikes.senders[k]].at(static_cast<size_t>(spikes.stamps[k] - delay - 1));
  }
  return counts;
}

// Slow and fast ones, which are drawn by block and by step.
TEST(Poisson, CountsHaveTheirMeanTheirSpreadAndNoMemory) {
  for (const double rate : {15.0, 900.0, 9'000.0, 40'000.0}) {
    SCOPED_TRACE(rate);
    constexpr Step kSteps = 400'000;
    const auto counts = PoissonCounts({rate, rate}, kSteps);
    const double expected = rate * 1e-4, n = static_cast<double>(kSteps);
    for (const auto& train : counts) {
      const auto [mean, variance] = MomentsOf(train);
      EXPECT_NEAR(mean, expected, 4 * std::sqrt(expected / n));
      // The variance of a Poisson variable's squared deviation: m + 2 m^2.
      EXPECT_NEAR(variance, expected, 4 * std::sqrt((expected + 2 * expected * expected) / n));
    }
    // Neighbouring steps, steps a block apart, and the two targets.
    const auto covariance = [&](const std::vector<double>& a, const std::vector<double>& b,
                                size_t lag) {
      double sum = 0;
      for (size_t k = lag; k < a.size(); ++k) sum += (a[k] - expected) * (b[k - lag] - expected);
      return sum / n;
    };
    const double slack = 4 * expected / std::sqrt(n);
    for (const size_t lag : {1, 2, 9, 10, 640}) {
      EXPECT_NEAR(covariance(counts[0], counts[0], lag), 0, slack) << lag;
    }
    EXPECT_NEAR(covariance(counts[0], counts[1], 0), 0, slack);
  }
}

TEST(Poisson, EachGeneratorHasItsRate) {
  const auto counts = PoissonCounts({0, 200, 20'000}, 100'000, 2.3);
  EXPECT_EQ(MomentsOf(counts[0]).mean, 0);
  EXPECT_NEAR(MomentsOf(counts[1]).mean, 0.02, 4 * std::sqrt(0.02 / 100'000));
  EXPECT_NEAR(MomentsOf(counts[2]).mean, 2, 4 * std::sqrt(2.0 / 100'000));
}

TEST(Poisson, FollowsItsNewRateAtOnce) {
  NetworkSpec spec;
  spec.populations = {Population("poisson", "poisson_generator", 1, {{"rate", 10'000.0}}),
                      Recorded(Population("parrots", "parrot_neuron", 50))};
  spec.projections = {Projection("poisson", "parrots")};
  Lab lab(spec);
  for (const auto& [until, rate] : {std::pair{504, 0.0}, {1007, 10'000.0}}) {
    lab.RunTo(until);
    EXPECT_THAT(lab.network().SetParameters(0, {{"rate", rate}}), IsOk());
  }
  lab.RunTo(1500);
  std::map<Step, int> counts;
  for (const Step stamp : lab.network().Spikes(1, -1, kNever).List().stamps) ++counts[stamp];
  // 50 are expected in a step. They arrive 10 steps after.
  for (Step step = 11; step <= 1500; ++step) {
    const bool silent = step > 504 + 10 && step <= 1007 + 10;
    EXPECT_EQ(counts.contains(step), !silent) << step;
  }
}

TEST(StepCurrent, WhatHasComeHoldsUntilTheFirstNewValue) {
  for (const Step set_at : {100, 101, 150}) {
    Lab lab(DeviceSpec(Population("", "step_current_generator")));
    const std::vector<uint32_t> one = {0}, two = {0, 0};
    const std::vector<Step> first = {100, 300}, then = {200};
    const std::vector<double> amplitudes = {100, 0}, half = {50};
    EXPECT_THAT(lab.network().SetCurrentSteps(0, two, first, amplitudes), IsOk());
    lab.RunTo(set_at);
    EXPECT_THAT(lab.network().SetCurrentSteps(0, one, then, half), IsOk());
    lab.RunTo(400);
    ExpectCurrents(Currents(lab.Signal()), {{110, 0}, {210, 100}, {400, 50}});
  }
}

}  // namespace
}  // namespace spiked::engine
