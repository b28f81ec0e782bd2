// Networks that grow.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
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
    const SynapseColumns synapses = ReadSynapses(network, k);
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
  EXPECT_THAT(extend(more), IsInvalid("projections[0].target"));
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

// A rule on parts of populations is the rule on populations of their sizes.
TEST(Selection, ConnectsPartsOfPopulations) {
  const NeuronRange evens = {.first = 2, .count = 4, .step = 2};  // 2, 4, 6, 8
  const std::vector<uint32_t> some = {7, 1, 4};
  const std::vector<uint32_t> even_numbers = {2, 4, 6, 8};
  NetworkSpec whole, parts;
  whole.populations = {Population("s", "iaf_psc_exp", 4), Population("t", "iaf_psc_exp", 3)};
  parts.populations = {Population("s", "iaf_psc_exp", 9), Population("t", "iaf_psc_exp", 8)};
  const std::vector<ConnectionRule> rules = {
      AllToAll{},           FixedIndegree{3},
      FixedOutdegree{2},    PairwiseBernoulli{0.5},
      FixedTotalNumber{20}, ExplicitPairs{{3, 0, 1}, {2, 0, 2}}};
  for (size_t k = 0; k < rules.size(); ++k) {
    const auto name = std::to_string(k);
    const Value weight = Distribution{Normal{10, 3}}, delay = Distribution{Uniform{1, 5}};
    whole.projections.push_back(Named("p" + name, Projection("s", "t", weight, delay, rules[k])));
    parts.projections.push_back(whole.projections.back());
    parts.projections.back().source_neurons = evens;
    parts.projections.back().target_neurons = some;
  }
  const Lab expected(whole), lab(parts);
  for (int k = 0; k < static_cast<int>(rules.size()); ++k) {
    std::multiset<std::tuple<uint32_t, uint32_t, double>> those, these;
    const auto list = [](const Lab& from, int projection) {
      return ReadSynapses(const_cast<Lab&>(from).network(), projection);
    };
    const SynapseColumns a = list(expected, k), b = list(lab, k);
    ASSERT_FALSE(const_cast<Lab&>(lab).network().projections()[k].dense)
        << "not a matrix of the populations";
    for (size_t n = 0; n < a.weights.size(); ++n) {
      those.emplace(even_numbers[a.sources[n]], some[a.targets[n]], a.weights[n]);
    }
    for (size_t n = 0; n < b.weights.size(); ++n) {
      these.emplace(b.sources[n], b.targets[n], b.weights[n]);
    }
    EXPECT_EQ(these, those) << k;
  }
}

TEST(Selection, KnowsAutapsesByNeuronAndNotByPlace) {
  NetworkSpec spec;
  spec.populations = {Population("a", "iaf_psc_exp", 6)};
  const std::vector<ConnectionRule> rules = {AllToAll{true}, FixedIndegree{40, true},
                                             FixedOutdegree{40, true}, PairwiseBernoulli{1, true},
                                             FixedTotalNumber{200, true}};
  for (size_t k = 0; k < rules.size(); ++k) {
    spec.projections.push_back(
        Named("p" + std::to_string(k), Projection("a", "a", 1.0, 1.0, rules[k])));
    spec.projections.back().source_neurons = NeuronRange{.first = 2, .count = 3};
    spec.projections.back().target_neurons = std::vector<uint32_t>{4, 5, 2};
  }
  Lab lab(spec);
  const std::vector<uint64_t> expected = {7, 120, 120, 7, 200};
  for (size_t k = 0; k < rules.size(); ++k) {
    const SynapseColumns view = ReadSynapses(lab.network(), static_cast<int>(k));
    EXPECT_EQ(view.weights.size(), expected[k]) << k;
    std::set<std::pair<uint32_t, uint32_t>> pairs;
    for (size_t n = 0; n < view.sources.size(); ++n) {
      EXPECT_NE(view.sources[n], view.targets[n]) << k;
      pairs.emplace(view.sources[n], view.targets[n]);
    }
    EXPECT_EQ(pairs.size(), 7u) << k;
  }
}

TEST(Selection, ErrorsNameTheFieldAndTheBound) {
  NetworkSpec spec;
  spec.populations = {Population("a", "iaf_psc_exp", 6)};
  spec.projections = {Projection("a", "a")};
  spec.multimeters = {Multimeter("a", 1)};
  const auto check = [&] { return CheckSpec(spec, Grid(0.1)); };
  Selection& sources = spec.projections[0].source_neurons;
  sources = NeuronRange{.first = 1, .count = 3, .step = 3};
  EXPECT_THAT(check(), IsInvalid("projections[0].source_neurons.range"));
  sources = NeuronRange{.first = 1, .count = 0};
  EXPECT_THAT(check(), IsInvalid("projections[0].source_neurons.range.count"));
  sources = std::vector<uint32_t>{};
  EXPECT_THAT(check(), IsInvalid("projections[0].source_neurons.list.indices"));
  sources = std::vector<uint32_t>{1, 6};
  EXPECT_THAT(check(), IsInvalid("projections[0].source_neurons.list.indices[1]"));
  sources = std::vector<uint32_t>{1, 2};
  spec.projections[0].target_neurons = std::vector<uint32_t>{3, 2, 3};
  EXPECT_THAT(check(), IsInvalid("projections[0].target_neurons.list.indices[2]"));
  spec.projections[0].target_neurons = {};
  spec.projections[0].rule = OneToOne{};
  EXPECT_THAT(check(), IsInvalid("projections[0].rule.one_to_one"));
  spec.projections[0].rule = AllToAll{};
  spec.multimeters[0].neurons = std::vector<uint32_t>{6};
  EXPECT_THAT(check(), IsInvalid("multimeters[0].neurons.list.indices[0]"));
}

TEST(Selection, RecordsAPart) {
  NetworkSpec spec;
  spec.populations = {
      Population("a", "iaf_psc_exp", 4, {{"V_m", std::vector<double>{-60, -61, -62, -63}}})};
  spec.multimeters = {Multimeter("a", 0.1)};
  Lab all(spec);
  spec.multimeters[0].neurons = std::vector<uint32_t>{3, 1};
  Lab some(spec);
  for (Lab* lab : {&all, &some}) lab->RunTo(2);
  const std::vector<double> V = all.Signal();
  EXPECT_EQ(some.Signal(), (std::vector<double>{V[3], V[1], V[7], V[5]}));
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
      for (int64_t n = fail ? 0 : INT64_MAX;; n += n / 2 + 1) {
        memory->left = n;
        try {
          EXPECT_THAT(network.Extend(pieces[k]), IsOk());
          break;
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
