// The engine's pair-based STDP against its equations, written for one synapse
// and all spikes.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr uint32_t kSources = 4, kTargets = 5;
constexpr double kTauMinus = 25, kInitial = 40;

double Exp(Step steps, double tau) { return std::exp(0.1 * static_cast<double>(steps) / tau); }

// The weight in the end of a synapse with these spikes at its ends.
double NaiveWeight(const std::vector<Step>& pre, const std::vector<Step>& post, Step delay,
                   const std::map<std::string, double>& parameters) {
  const auto get = [&](const char* name, double otherwise) {
    const auto it = parameters.find(name);
    return it == parameters.end() ? otherwise : it->second;
  };
  const double tau_plus = get("tau_plus", 20), lambda = get("lambda", 0.01),
               alpha = get("alpha", 1), mu_plus = get("mu_plus", 1), mu_minus = get("mu_minus", 1),
               w_max = get("Wmax", 100);
  double w = kInitial / w_max, k_plus = 0;
  Step last = 0;
  for (const Step t : pre) {
    double k_minus = 0;
    for (const Step p : post) {
      if (p > last - delay && p <= t - delay) {
        w += lambda * std::pow(1 - w, mu_plus) * k_plus * Exp(last - p - delay, tau_plus);
        w = std::min(w, 1.0);
      }
      if (p < t - delay) k_minus += Exp(p - (t - delay), kTauMinus);
    }
    w = std::max(0.0, w - alpha * lambda * std::pow(w, mu_minus) * k_minus);
    k_plus = k_plus * Exp(last - t, tau_plus) + 1;
    last = t;
  }
  return w * w_max;
}

// Sources whose spikes are too weak to matter, and targets that a driver makes
// fire; delays[k] is that of synapse k, in steps.
NetworkSpec Spec(const std::vector<Step>& delays, const Parameters& parameters) {
  NetworkSpec spec;
  spec.populations = {
      Population("sources", "spike_generator", kSources),
      Population("driver", "spike_generator", kTargets),
      Recorded(Population("targets", "iaf_psc_exp", kTargets, {{"tau_minus", kTauMinus}})),
  };
  std::vector<double> delays_ms;
  delays_ms.reserve(delays.size());
  for (const Step delay : delays) delays_ms.push_back(0.1 * static_cast<double>(delay));
  spec.projections = {
      Plastic(Projection("sources", "targets", kInitial, delays_ms), "stdp_synapse", parameters),
      Projection("driver", "targets", 3000.0, 1.0, OneToOne{}),
  };
  return spec;
}

struct StdpCase {
  const char* name;
  std::map<std::string, double> parameters;
  double rate;  // probability of a spike in a step
};
void PrintTo(const StdpCase& c, std::ostream* os) { *os << c.name; }

class StdpTest : public ::testing::TestWithParam<StdpCase> {};

TEST_P(StdpTest, FollowsItsEquations) {
  std::mt19937_64 random(1);
  std::vector<Step> delays(size_t{kSources} * kTargets);
  for (size_t k = 0; k < delays.size(); ++k) {
    // Short ones, and some beyond the rings, the same for a source's neighbours.
    delays[k] = std::vector<Step>{8, 10, 10, 25, 64, 90, 300}[random() % 7];
  }
  const auto& [name, parameters, rate] = GetParam();
  Lab lab(Spec(delays, Parameters(parameters.begin(), parameters.end())));
  const auto pre = RandomTrains(&random, kSources, 0, 20'000, rate);
  lab.Feed("sources", pre);
  lab.Feed("driver", RandomTrains(&random, kTargets, 0, 20'000, rate));
  lab.RunTo(20'100);  // so that the last spikes have been handed out
  // Synapses of a source lie by delay.
  const auto synapses = ReadSynapses(lab.network(), 0);
  for (size_t k = 0; k < synapses.weights.size(); ++k) {
    const uint32_t source = synapses.sources[k], target = synapses.targets[k];
    const auto post = lab.Stamps("targets", target);
    EXPECT_GT(post.size(), 20u);
    const double expected =
        NaiveWeight(pre[source], post, delays[source * kTargets + target], parameters);
    EXPECT_NEAR(synapses.weights[k], expected, 1e-9 * (1 + expected)) << source << " " << target;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, StdpTest,
    ::testing::Values(
        StdpCase{"defaults", {}, 0.005},
        StdpCase{"multiplicative", {{"mu_plus", 0.4}, {"mu_minus", 2}, {"tau_plus", 7}}, 0.005},
        StdpCase{"additive_up_to_its_bound",
                 {{"mu_plus", 0}, {"mu_minus", 0}, {"alpha", 0.1}, {"lambda", 0.1}},
                 0.01},
        StdpCase{"additive_down_to_zero",
                 {{"mu_plus", 0}, {"mu_minus", 0}, {"alpha", 3}, {"lambda", 0.1}},
                 0.01},
        StdpCase{"rare_spikes", {{"lambda", 0.2}, {"Wmax", 41}}, 0.0015}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(StdpBounds, AreReachedAndKept) {
  const std::vector<Step> delays(size_t{kSources} * kTargets, 10);
  for (const double alpha : {0.0, 3.0}) {
    Lab lab(Spec(delays, {{"mu_plus", 0.0}, {"mu_minus", 0.0}, {"alpha", alpha}, {"lambda", 0.5}}));
    std::mt19937_64 random(1);
    lab.Feed("sources", RandomTrains(&random, kSources, 0, 20'000, 0.01));
    lab.Feed("driver", RandomTrains(&random, kTargets, 0, 20'000, 0.01));
    int at_bound = 0;
    for (Step now = 500; now <= 20'000; now += 500) {
      lab.RunTo(now);
      for (const double weight : lab.Weights("sources-targets")) {
        EXPECT_GE(weight, 0);
        EXPECT_LE(weight, 100);
        at_bound += weight == (alpha == 0.0 ? 100 : 0);
      }
    }
    EXPECT_GT(at_bound, 50);
  }
}

TEST(StdpTransmission, ASpikeTakesTheWeightThatItHasJustMade) {
  NetworkSpec spec;
  spec.populations = {Population("source", "spike_generator"),
                      Population("driver", "spike_generator"),
                      Population("target", "iaf_psc_exp", 1, {{"tau_syn_ex", 0.001}})};
  spec.projections = {Plastic(Projection("source", "target", 50.0, 2.0), "stdp_synapse"),
                      Projection("driver", "target", 1e9)};
  spec.multimeters = {Multimeter("target", 0.1, {"I_syn_ex"})};
  Lab lab(spec);
  lab.Feed("source", {{200}});
  lab.Feed("driver", {{100}});
  lab.RunTo(220);
  const double weight = lab.Weights("source-target")[0];
  EXPECT_LT(weight, 50);
  EXPECT_EQ(lab.Signal().back(), weight);
}

}  // namespace
}  // namespace spiked::engine
