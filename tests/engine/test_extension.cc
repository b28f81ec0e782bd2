// Networks that grow.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "tests/engine/networks.h"
#include "tests/engine/pieces.h"
#include "tests/engine/random_network.h"

namespace spiked::engine {
namespace {

// All that can be read of a network.
struct Readings {
  std::vector<SpikeList> spikes;
  std::vector<std::vector<double>> signals, weights;
  std::vector<std::vector<uint32_t>> sources, targets;
  bool operator==(const Readings&) const = default;
};

Readings Read(const Network& network) {
  Readings all;
  const auto n = [](const auto& infos) { return static_cast<int>(infos.size()); };
  for (int k = 0; k < n(network.populations()); ++k) {
    if (network.populations()[static_cast<size_t>(k)].recorded) {
      all.spikes.push_back(network.Spikes(k, -1, kNever).List());
    }
  }
  for (int k = 0; k < n(network.multimeters()); ++k) {
    all.signals.push_back(network.Signals(k, -1, kNever).Values(0));
  }
  for (int k = 0; k < n(network.projections()); ++k) {
    const SynapseView synapses = network.Synapses(k, 0, UINT64_MAX).value();
    all.weights.push_back(synapses.weights);
    all.sources.push_back(synapses.sources);
    all.targets.push_back(synapses.targets);
  }
  return all;
}

// Gives the generators of a random network much to do.
void Feed(Lab* lab, uint64_t seed) {
  std::mt19937_64 random(seed);
  lab->Feed("generators", RandomTrains(&random, 4, lab->simulation().now(), 2000, 0.02));
}

class Extensions : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Extensions, MakeTheNetworkThatIsBuiltInOnePiece) {
  RandomNetwork drawn(GetParam());
  NetworkSpec spec = drawn.spec;
  spec.populations.push_back(Population("background", "poisson_generator", 1, {{"rate", 800.0}}));
  spec.populations.push_back(Population(
      "drawn", "iaf_psc_exp", 8,
      {{"V_m", Distribution{Uniform{-70, -56}}}, {"C_m", Distribution{Normal{250, 9}, 200, 300}}}));
  std::ranges::shuffle(spec.populations, drawn.random);
  spec.projections.push_back(Projection("background", "plain", 20.0));
  spec.projections.push_back(Projection("background", "drawn", Distribution{Normal{20, 3}}, 0.7));
  spec.projections.push_back(Projection("drawn", "plain", Distribution{Normal{20, 3}},
                                        Distribution{Uniform{0.6, 9}}, FixedIndegree{3}));
  std::ranges::shuffle(spec.projections, drawn.random);

  Lab whole(spec, GetParam());
  const auto pieces = Cut(spec, &drawn.random);
  Lab grown(pieces[0], GetParam());
  for (size_t k = 1; k < pieces.size(); ++k) {
    ASSERT_THAT(grown.network().Extend(pieces[k]), IsOk());
  }
  ASSERT_EQ(grown.network().spec(), whole.network().spec());
  for (Lab* lab : {&whole, &grown}) {
    Feed(lab, GetParam());
    lab->RunTo(2000);
  }
  EXPECT_EQ(Read(grown.network()), Read(whole.network())) << pieces.size() << " pieces";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Extensions, ::testing::Range<uint64_t>(1, 31));

// Several blocks of targets, so many connections in one piece that blocks are
// small, and so few in the other that they are large.
TEST(Extension, LargePopulationsAreDividedDifferentlyButComputeTheSame) {
  NetworkSpec spec;
  spec.populations = {
      Recorded(Population("a", "iaf_psc_exp", 9000,
                          {{"V_m", Distribution{Uniform{-70, -55}}}, {"I_e", 380.0}})),
      Population("noise", "noise_generator", 1, {{"std", 100.0}}),
      Population("background", "poisson_generator", 1, {{"rate", 300.0}})};
  spec.projections = {
      Named("few", Projection("a", "a", 20.0, Distribution{Uniform{0.5, 3}}, FixedIndegree{1})),
      Projection("noise", "a", 1.0, 1.0, FixedTotalNumber{4000}),
      Projection("background", "a", 40.0, Distribution{Uniform{0.5, 3}}, FixedTotalNumber{4000}),
      Named("many", Projection("a", "a", 5.0, Distribution{Uniform{0.5, 3}}, FixedIndegree{60})),
  };
  Lab whole(spec);
  NetworkSpec first = spec, second;
  first.projections.pop_back();
  second.projections = {spec.projections.back()};
  Lab grown(first);
  ASSERT_THAT(grown.network().Extend(second), IsOk());
  EXPECT_GT(whole.network().useful_threads(), grown.network().useful_threads());
  for (Lab* lab : {&whole, &grown}) lab->RunTo(200);
  EXPECT_EQ(Read(grown.network()), Read(whole.network()));
}

double ShortestDelay(const NetworkSpec& spec) {
  double shortest = INFINITY;
  for (const ProjectionSpec& p : spec.projections) {
    if (const auto* one = std::get_if<double>(&p.delay_ms)) shortest = std::min(shortest, *one);
    if (const auto* list = std::get_if<std::vector<double>>(&p.delay_ms)) {
      shortest = std::min(shortest, std::ranges::min(*list));
    }
  }
  return shortest;
}

// Spikes under way, rings that have to reach further, a slice that is open.
TEST(Extension, LeavesAloneWhatGoesOnInTheNetwork) {
  int compared = 0;
  for (const double delay : {0.1, 0.3, 1.0, 3.0, 6.0, 90.0}) {
    const RandomNetwork drawn(delay < 1 ? 4 : 7);
    Lab alone(drawn.spec), grown(drawn.spec);
    NetworkSpec more;
    more.populations = {Recorded(Population("new", "iaf_psc_alpha", 3, {{"I_e", 400.0}})),
                        Population("new-relay", "parrot_neuron", 3)};
    more.projections = {Projection("plain", "new", 50.0, delay),
                        Projection("new", "new-relay", 1.0, delay)};
    for (Lab* lab : {&alone, &grown}) Feed(lab, 3);
    for (Lab* lab : {&alone, &grown}) lab->RunTo(503);
    ASSERT_THAT(grown.network().Extend(more), IsOk());
    for (Lab* lab : {&alone, &grown}) lab->RunTo(600);
    // Shorter slices may sum in another order.
    if (delay < ShortestDelay(drawn.spec)) continue;
    ++compared;
    Readings there = Read(grown.network());
    there.spikes.pop_back();
    for (int k = 0; k < 2; ++k) {
      there.weights.pop_back();
      there.sources.pop_back();
      there.targets.pop_back();
    }
    EXPECT_EQ(there, Read(alone.network())) << delay;
  }
  EXPECT_GE(compared, 3);
}

TEST(Extension, TransmitsWhatIsEmittedFromThenOn) {
  NetworkSpec spec;
  spec.populations = {Population("in", "spike_generator", 1),
                      Recorded(Population("relay", "parrot_neuron", 1)),
                      Recorded(Population("later", "parrot_neuron", 1))};
  spec.projections = {Projection("in", "relay", 1.0, 2.0)};
  Lab lab(spec);
  lab.Feed("in", {{3, 5, 7, 30}});
  lab.RunTo(5);  // of a slice of 20
  NetworkSpec more;
  more.projections = {Projection("in", "later", 1.0, 0.1), Projection("in", "relay", 1.0, 0.4)};
  more.projections[1].name = "again";
  ASSERT_THAT(lab.network().Extend(more), IsOk());
  lab.RunTo(60);
  EXPECT_EQ(lab.Stamps("later"), (std::vector<Step>{8, 31}));
  EXPECT_EQ(lab.Stamps("relay"), (std::vector<Step>{11, 23, 25, 27, 34, 50}));
}

TEST(Extension, IsCheckedAgainstWhatThereIs) {
  NetworkSpec spec;
  spec.populations = {Population("a", "iaf_psc_exp", 3), Population("v", "volume_transmitter")};
  spec.projections = {Projection("a", "a")};
  spec.multimeters = {Multimeter("a", 1)};
  Lab lab(spec);
  const auto extend = [&](const NetworkSpec& more) { return lab.network().Extend(more); };
  NetworkSpec more;
  more.populations = {Population("b", "iaf_psc_exp", 2), Population("a", "iaf_psc_exp", 3)};
  EXPECT_THAT(extend(more), IsInvalid("populations[1].name"));
  more.populations.pop_back();
  more.projections = {Projection("a", "a")};
  EXPECT_THAT(extend(more), IsInvalid("projections[0].name"));
  more.projections = {Projection("a", "c")};
  EXPECT_THAT(extend(more), IsNotFound("projections[0].target"));
  more.projections = {Projection("a", "b", 1.0, 1.0, OneToOne{})};
  EXPECT_THAT(extend(more), IsInvalid("projections[0].rule.one_to_one"));
  more.projections = {Plastic(Projection("b", "a"), "stdp_dopamine_synapse", {}, "b")};
  EXPECT_THAT(extend(more), IsInvalid("projections[0].volume_transmitter"));
  more.projections = {Projection("b", "a", 1.0, Distribution{Normal{0, 1}})};
  EXPECT_THAT(extend(more), IsInvalid("projections[0].delay_ms"));  // found while building
  more.projections.clear();
  more.multimeters = {Multimeter("b", 1)};
  EXPECT_THAT(extend(more), IsInvalid("multimeters[0].name"));
  EXPECT_EQ(lab.network().spec(), ResolveSpec(spec));
  EXPECT_EQ(lab.Population("b"), -1);
  EXPECT_EQ(lab.network().size().neurons, 4u);

  more.multimeters.clear();
  more.projections = {Plastic(Projection("b", "a"), "stdp_dopamine_synapse", {}, "v")};
  EXPECT_THAT(extend(more), IsOk());
  EXPECT_THAT(extend({}), IsOk());
  lab.RunTo(100);
  EXPECT_EQ(lab.network().size().synapses, 15u);
}

// Gives memory so many times, and then no more.
class ScarceMemory final : public std::pmr::memory_resource {
 public:
  int64_t left = INT64_MAX;

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    if (left-- <= 0) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, size_t bytes, size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(Extension, ThatFindsNoMemoryLeavesTheNetworkAsItWas) {
  RandomNetwork drawn(5);
  const auto pieces = Cut(drawn.spec, &drawn.random);
  const auto run = [&](ScarceMemory* memory, bool fail) {
    Simulation simulation(0.1, 1, memory);
    Network& network = *simulation.AddNetwork("network", pieces[0]).value();
    for (size_t k = 1; k < pieces.size(); ++k) {
      EXPECT_THAT(simulation.Advance(33), IsOk());
      bool extended = false;
      for (int64_t n = fail ? 0 : INT64_MAX; !extended; n = n * 3 / 2 + 1) {
        memory->left = n;
        try {
          EXPECT_THAT(network.Extend(pieces[k]), IsOk());
          extended = true;
        } catch (const std::bad_alloc&) {
          EXPECT_EQ(network.populations().size(), network.spec().populations.size());
        }
      }
      memory->left = INT64_MAX;
    }
    EXPECT_THAT(simulation.Advance(500), IsOk());
    return Read(network);
  };
  ScarceMemory memory;
  const Readings expected = run(&memory, false);
  EXPECT_EQ(run(&memory, true), expected);
}

}  // namespace
}  // namespace spiked::engine
