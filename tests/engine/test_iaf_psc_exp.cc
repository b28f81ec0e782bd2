#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "server/engine/neuron_group.h"
#include "tests/engine/naive.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

using Numbers = std::map<std::string, double>;

// Neurons with these parameters, each with random input of its own from two
// generators, against the naive ones, sample by sample.
void ExpectNaive(const std::vector<Numbers>& neurons, Step until) {
  const auto size = static_cast<uint32_t>(neurons.size());
  Parameters parameters;
  for (const auto& [name, value] : neurons.front()) {
    std::vector<double> values;
    values.reserve(size);
    for (const Numbers& numbers : neurons) values.push_back(numbers.at(name));
    parameters[name] = values;
  }
  NetworkSpec spec;
  spec.populations = {Population("ex", "spike_generator", size),
                      Population("in", "spike_generator", size),
                      Recorded(Population("neurons", "iaf_psc_exp", size, parameters))};
  spec.projections = {Projection("ex", "neurons", 400.3, 1.0, OneToOne{}),
                      Projection("in", "neurons", -150.7, 1.0, OneToOne{})};
  spec.multimeters = {Multimeter("neurons", 0.1, {"V_m", "I_syn_ex", "I_syn_in"})};
  Lab lab(spec);
  std::mt19937_64 random(1);
  const auto ex = RandomTrains(&random, size, 0, until, 0.02);
  const auto in = RandomTrains(&random, size, 0, until, 0.01);
  lab.Feed("ex", ex);
  lab.Feed("in", in);
  lab.RunTo(until);
  const auto V_m = lab.Signal(0), I_ex = lab.Signal(1), I_in = lab.Signal(2);
  ASSERT_EQ(V_m.size(), static_cast<size_t>(until) * size);
  size_t spikes = 0;
  for (uint32_t k = 0; k < size; ++k) {
    NaiveNeuron naive(neurons[k]);
    std::vector<Step> stamps;
    for (Step step = 1; step <= until; ++step) {
      std::vector<double> weights;
      if (std::ranges::binary_search(ex[k], step - 10)) weights.push_back(400.3);
      if (std::ranges::binary_search(in[k], step - 10)) weights.push_back(-150.7);
      if (naive.Step(weights)) stamps.push_back(step);
      const size_t at = static_cast<size_t>(step - 1) * size + k;
      ASSERT_EQ(V_m[at], naive.V_m()) << k << " at step " << step;
      ASSERT_EQ(I_ex[at], naive.I_syn_ex()) << k << " at step " << step;
      ASSERT_EQ(I_in[at], naive.I_syn_in()) << k << " at step " << step;
    }
    EXPECT_EQ(lab.Stamps("neurons", k), stamps) << k;
    spikes += stamps.size();
  }
  EXPECT_GT(spikes, 10u);
}

TEST(IafPscExp, FollowsItsEquationsToTheLastBit) {
  ExpectNaive(std::vector<Numbers>(3, Numbers{{"I_e", 100}}), 10'000);
}

// 19 neurons fill registers of any width and leave a rest.
TEST(IafPscExp, NeuronsOfOnePopulationCanAllDiffer) {
  std::mt19937_64 random(2);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  std::vector<Numbers> neurons(19);
  for (size_t k = 0; k < neurons.size(); ++k) {
    neurons[k] = {{"C_m", uniform(150, 300)},
                  {"tau_m", uniform(5, 20)},
                  {"tau_syn_ex", uniform(0.5, 4)},
                  {"tau_syn_in", uniform(0.5, 30)},
                  {"t_ref", 0.3 * static_cast<double>(k)},
                  {"E_L", uniform(-75, -65)},
                  {"V_th", uniform(-60, -50)},
                  {"V_reset", uniform(-80, -61)},
                  {"I_e", uniform(0, 300)},
                  {"V_m", uniform(-80, -50)}};
  }
  ExpectNaive(neurons, 3000);
}

// Where both time constants are one, the propagator has its limit.
TEST(IafPscExp, ATimeConstantOfTheSynapseMayBeThatOfTheMembrane) {
  ExpectNaive({{{"tau_m", 10}, {"tau_syn_ex", 10}, {"tau_syn_in", 10}, {"I_e", 200}},
               {{"tau_m", 2}, {"tau_syn_ex", 2}, {"tau_syn_in", 1}, {"I_e", 900}}},
              3000);
}

TEST(IafPscExp, FiresAtOnceWhenItBeginsAboveThreshold) {
  NetworkSpec spec;
  spec.populations = {Recorded(Population("neuron", "iaf_psc_exp", 1, {{"V_m", -40.0}}))};
  Lab lab(spec);
  lab.RunTo(100);
  EXPECT_EQ(lab.Stamps("neuron"), std::vector<Step>{1});
}

// What the threshold is reached by counts, and what falls short by a bit not.
TEST(IafPscExp, FiresWhenTheThresholdIsReached) {
  const double first = 1000 * 10.0 / 250 * (1 - std::exp(-0.01));  // mV after a step
  for (const double slack : {0.0, 1e-12}) {
    NetworkSpec spec;
    spec.populations = {Recorded(
        Population("neuron", "iaf_psc_exp", 1,
                   {{"E_L", 0.0}, {"V_reset", -1.0}, {"I_e", 1000.0}, {"V_th", first + slack}}))};
    Lab lab(spec);
    lab.RunTo(1);
    EXPECT_EQ(lab.Stamps("neuron").size(), slack == 0.0 ? 1u : 0u);
  }
}

}  // namespace
}  // namespace spiked::engine
