// How spikes travel: when they arrive, in which order they are summed, and with
// which weight.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/engine/naive.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr uint32_t kGenerators = 10, kNeurons = 60;
constexpr Step kUntil = 10'500;  // the end of a slice of any length below

// A random recurrent network whose delays are drawn from those given, once for
// the engine and once for the naive network.
struct Twins {
  NetworkSpec spec;
  NaiveNetwork naive;
};
Twins RandomTwins(const std::vector<Step>& delays, uint64_t seed) {
  std::mt19937_64 random(seed);
  Twins twins;
  NetworkSpec& spec = twins.spec;
  NaiveNetwork& naive = twins.naive;
  naive.neurons.assign(kNeurons, NaiveNeuron({{"I_e", 420}}));
  naive.trains = RandomTrains(&random, kGenerators, 0, kUntil, 0.004);
  spec.populations = {
      Population("generators", "spike_generator", kGenerators),
      Recorded(Population("neurons", "iaf_psc_exp", kNeurons, {{"I_e", 420.0}})),
  };
  spec.multimeters = {Multimeter("neurons", 0.1)};
  spec.multimeters[0].record_limit = kUntil;
  // Generators are numbered before neurons, and have a projection of their own.
  std::normal_distribution<double> weight(5, 20);
  const auto connect = [&](const char* source, uint32_t first, uint32_t sources, size_t number) {
    ExplicitPairs pairs;
    std::vector<double> weights, delays_ms;
    for (size_t k = 0; k < number; ++k) {
      const NaiveNetwork::Connection c = {
          .source = first + static_cast<uint32_t>(random() % sources),
          .target = static_cast<uint32_t>(random() % kNeurons),
          .weight = weight(random),
          .delay = delays[random() % delays.size()]};
      naive.connections.push_back(c);
      pairs.sources.push_back(c.source - first);
      pairs.targets.push_back(c.target);
      weights.push_back(c.weight);
      delays_ms.push_back(0.1 * static_cast<double>(c.delay));
    }
    spec.projections.push_back(Projection(source, "neurons", weights, delays_ms, pairs));
  };
  connect("generators", 0, kGenerators, 200);
  connect("neurons", kGenerators, kNeurons, 5000);
  return twins;
}

class DeliveryTest : public ::testing::TestWithParam<std::vector<Step>> {};

// The order decides the last bits of a sum, and these in a recurrent network
// everything, soon.
TEST_P(DeliveryTest, SumsInTheOrderOfTheNaiveNetwork) {
  for (const uint64_t seed : {1, 2}) {
    Twins twins = RandomTwins(GetParam(), seed);
    Lab lab(twins.spec);
    lab.Feed("generators", twins.naive.trains);
    lab.RunTo(kUntil);
    const auto expected = twins.naive.Run(kUntil);
    size_t spikes = 0;
    for (uint32_t k = 0; k < kNeurons; ++k) {
      EXPECT_EQ(lab.Stamps("neurons", k), expected[k]) << k;
      spikes += expected[k].size();
    }
    EXPECT_GT(spikes, 1000u);
    const auto V_m = lab.Signal();
    ASSERT_EQ(V_m.size(), twins.naive.V_m.size());
    for (size_t k = 0; k < V_m.size(); ++k) {
      ASSERT_EQ(V_m[k], twins.naive.V_m[k]) << k % kNeurons << " at step " << k / kNeurons + 1;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Delays, DeliveryTest,
                         ::testing::Values(std::vector<Step>{10},             // all the same
                                           std::vector<Step>{1, 2, 3},        // the shortest
                                           std::vector<Step>{7, 10, 23, 60},  // within the rings
                                           std::vector<Step>{10, 64, 65, 74, 128, 130},
                                           std::vector<Step>{10, 2000},  // 200 ms
                                           std::vector<Step>{150, 170, 2000}));

// Two neurons whose synapses forget within a step, so that the current is what
// has just arrived.
class WeightTest : public ::testing::TestWithParam<double> {
 protected:
  static NetworkSpec Spec() {
    NetworkSpec spec;
    spec.populations = {
        Population("generator", "spike_generator"),
        Population("neurons", "iaf_psc_exp", 2, {{"tau_syn_ex", 0.001}}),
    };
    // The second projection makes slices of 1 ms.
    spec.projections = {Projection("generator", "neurons", std::vector<double>{3, 5}, GetParam()),
                        Named("quick", Projection("generator", "neurons", 0.0, 1.0))};
    spec.multimeters = {Multimeter("neurons", 0.1, {"I_syn_ex"})};
    return spec;
  }
  // What arrives at the two neurons a delay after the stamp.
  std::vector<double> Arrived(Step stamp) {
    const Step arrival = stamp + std::llround(GetParam() / 0.1);
    lab_.RunTo(std::max(arrival, lab_.simulation().now()));
    return lab_.network().Signals(0, arrival - 1, arrival).Values(0);
  }
  void SetWeights(const std::vector<double>& weights) {
    EXPECT_THAT(lab_.network().SetWeights(0, weights), IsOk());
  }

  Lab lab_{Spec()};
};

TEST_P(WeightTest, ASpikeTakesAlongTheWeightOfItsTime) {
  lab_.Feed("generator", {{50}});
  lab_.RunTo(51);  // a new slice: it has been handed out
  SetWeights({7, 11});
  EXPECT_EQ(Arrived(50), (std::vector<double>{3, 5}));
}

TEST_P(WeightTest, ASpikeOfTheLastSliceIsYetToBeWeighed) {
  lab_.Feed("generator", {{50}});
  lab_.RunTo(50);
  SetWeights({7, 11});
  EXPECT_EQ(Arrived(50), (std::vector<double>{7, 11}));
}

TEST_P(WeightTest, SeveralChangesMeetSpikesOfTheirTime) {
  lab_.Feed("generator", {{50, 60, 70}});
  lab_.RunTo(51);
  SetWeights({7, 11});
  lab_.RunTo(61);
  SetWeights({13});
  EXPECT_EQ(Arrived(50), (std::vector<double>{3, 5}));
  EXPECT_EQ(Arrived(60), (std::vector<double>{7, 11}));
  EXPECT_EQ(Arrived(70), (std::vector<double>{13, 13}));
}

TEST_P(WeightTest, AMultiplicityCountsAsSoManyWeights) {
  lab_.Feed("generator", {{50}}, {4});
  EXPECT_EQ(Arrived(50), (std::vector<double>{12, 20}));
}

INSTANTIATE_TEST_SUITE_P(Delays, WeightTest, ::testing::Values(3.0, 6.4, 6.5, 20.0, 200.0));

}  // namespace
}  // namespace spiked::engine
