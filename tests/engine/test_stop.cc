// Letting time pass, building and rewarding can be stopped anywhere.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/pace.h"
#include "tests/engine/networks.h"
#include "tests/engine/team.h"

namespace spiked::engine {
namespace {

// All that takes long in a network: many spikes to hand out, slow connections,
// Poisson input, relays, dopamine, and rewards that are gathered meanwhile.
NetworkSpec BusyNetwork(uint32_t neurons = 2200) {
  NetworkSpec spec;
  spec.populations = {
      Recorded(Population("e", "iaf_psc_exp", neurons,
                          {{"V_m", Distribution{Uniform{-70, -55}}}, {"I_e", 380.0}})),
      Recorded(Population("relay", "parrot_neuron", 60)),
      Population("input", "spike_generator", 1),
      Population("background", "poisson_generator", 1, {{"rate", 3000.0}}),
      Population("transmitter", "volume_transmitter"),
  };
  const Value weights = Distribution{Normal{20, 5}, 0, 60};
  const Value delays = Distribution{Uniform{1, 12}};
  spec.projections = {
      Plastic(Projection("e", "e", weights, delays, FixedIndegree{20}), "stdp_synapse",
              {{"Wmax", 60.0}}),
      Plastic(Projection("relay", "e", 5.0, 1.5), "stdp_dopamine_synapse",
              {{"Wmax", 60.0}, {"b", 0.02}}, "transmitter"),
      Plastic(Named("rewarded", Projection("relay", "e", 1.0, 1.0, FixedIndegree{10})),
              "rstdp_synapse"),
      Projection("input", "relay"),
      Projection("relay", "transmitter", 1.0, 2.0),
      Projection("background", "e", 10.0, 1.0),
  };
  return spec;
}

constexpr Step kUntil = 500;

class BusyLab : public Lab {
 public:
  BusyLab() : Lab(BusyNetwork()) {
    std::vector<Step> train;
    for (Step stamp = 5; stamp < kUntil; stamp += 40) train.push_back(stamp);
    Feed("input", {train}, std::vector<uint32_t>(train.size(), 3));
  }

  // Goes on until the pace says stop, or to the end.
  void GoOn(Crew* crew, Pace* pace) {
    EXPECT_THAT(simulation().Advance(kUntil - simulation().now(), crew, pace), IsOk());
  }
};

struct Outcome {
  Step now;
  std::vector<SpikeList> spikes;
  std::vector<std::vector<double>> weights;
  bool operator==(const Outcome&) const = default;
};

Outcome OutcomeOf(Lab& lab) {
  Outcome outcome = {.now = lab.simulation().now(), .spikes = {}, .weights = {}};
  for (const char* population : {"e", "relay"}) {
    outcome.spikes.push_back(lab.network().Spikes(lab.Population(population), -1, kNever).List());
  }
  for (const char* projection : {"e-e", "relay-e", "rewarded"}) {
    outcome.weights.push_back(lab.Weights(projection));
  }
  return outcome;
}

bool Never() { return false; }

TEST(Stop, GoesOnAsIfThereHadBeenNone) {
  BusyLab whole;
  Pace never(Never);
  whole.GoOn(nullptr, &never);
  const Outcome expected = OutcomeOf(whole);
  ASSERT_GT(expected.spikes[0].stamps.size(), 1000u);
  ASSERT_GT(never.asks(), 50u);
  for (const int threads : {1, 3}) {
    const Team team(threads);
    BusyLab halting;
    uint64_t asks = 0;
    while (true) {
      Pace pace([] { return true; });
      halting.GoOn(team, &pace);
      asks += pace.asks();
      if (!pace.stopped()) break;
      ASSERT_EQ(pace.asks(), 1u);
    }
    EXPECT_EQ(OutcomeOf(halting), expected) << threads << " threads";
    EXPECT_EQ(asks, never.asks()) << threads << " threads";
  }
}

// With many more places to be left at than a step has.
TEST(Stop, IsPossibleAnywhere) {
  BusyLab whole;
  whole.RunTo(kUntil);
  BusyLab halting;
  uint64_t asks = 0;
  for (bool stopped = true; stopped;) {
    Pace pace([&] { return ++asks % 7 == 0; }, /*work_between_asks=*/1000);
    halting.GoOn(nullptr, &pace);
    stopped = pace.stopped();
  }
  EXPECT_GT(asks, 1000u);
  EXPECT_EQ(OutcomeOf(halting), OutcomeOf(whole));
}

// As a journal will want to do it: with other commands after the stop, which meet
// the network in the midst of a slice.
TEST(Stop, AtAnAskingComesBackThereWhateverTheThreads) {
  for (const uint64_t number : {1, 20, 57}) {
    std::vector<Outcome> halted, done;
    for (const int threads : {1, 3}) {
      const Team team(threads);
      BusyLab lab;
      uint64_t asks = 0;
      Pace pace([&] { return ++asks == number; });
      lab.GoOn(team, &pace);
      ASSERT_TRUE(pace.stopped());
      EXPECT_EQ(pace.asks(), number);
      halted.push_back(OutcomeOf(lab));
      const std::vector<double> weight = {25.0};
      EXPECT_THAT(lab.network().SetWeights(lab.Projection("e-e"), weight), IsOk());
      EXPECT_THAT(lab.network().ApplyReward(lab.Projection("rewarded"), 0.5), IsOk());
      NetworkSpec more;
      more.populations = {Population("late", "iaf_psc_exp", 10)};
      more.projections = {Projection("e", "late", 10.0, 3.0)};
      EXPECT_THAT(lab.network().Extend(more, team), IsOk());
      lab.GoOn(team, nullptr);
      done.push_back(OutcomeOf(lab));
    }
    EXPECT_EQ(halted[0], halted[1]) << number;
    EXPECT_EQ(done[0], done[1]) << number;
  }
}

// Relays that were silent for long, and then get what takes long.
TEST(Stop, IsAskedForInABurst) {
  NetworkSpec spec;
  spec.populations = {Population("input", "spike_generator"),
                      Population("relay", "parrot_neuron", 2000)};
  spec.projections = {Projection("input", "relay")};
  Lab lab(spec);
  std::vector<Step> train;
  for (Step stamp = 600'000; stamp < 600'400; ++stamp) train.push_back(stamp);
  lab.Feed("input", {train});
  Pace silence(Never);
  EXPECT_THAT(lab.simulation().Advance(599'000, nullptr, &silence), IsOk());
  Pace burst(Never);
  EXPECT_THAT(lab.simulation().Advance(2000, nullptr, &burst), IsOk());
  // 2,000 spikes a step.
  EXPECT_GT(burst.asks(), 40u);
  Pace pace([] { return true; });
  EXPECT_THAT(lab.simulation().Advance(1'000'000'000, nullptr, &pace), IsOk());
  EXPECT_LT(lab.simulation().now(), 602'000);
}

TEST(Stop, LeavesNetworksOfASimulationAtTheSameTime) {
  const auto passes = [](bool stops) {
    Simulation simulation(0.1, 1);
    const NetworkSpec spec = BusyNetwork(700);
    NetworkSpec faster = spec;
    for (ProjectionSpec& p : faster.projections) {
      if (p.name != "e-e") p.delay_ms = 0.7;
    }
    EXPECT_THAT(simulation.AddNetwork("a", spec), IsOk());
    EXPECT_THAT(simulation.Advance(3), IsOk());
    EXPECT_THAT(simulation.AddNetwork("b", faster), IsOk());
    for (bool stopped = true; stopped;) {
      Pace pace([&] { return stops; }, 10'000);
      EXPECT_THAT(simulation.Advance(500 - simulation.now(), nullptr, &pace), IsOk());
      stopped = pace.stopped();
      for (const auto& network : simulation.networks()) {
        EXPECT_EQ(network->now(), simulation.now());
      }
    }
    std::vector<SpikeList> spikes;
    for (const auto& network : simulation.networks()) {
      spikes.push_back(network->Spikes(0, -1, kNever).List());
      EXPECT_GT(spikes.back().stamps.size(), 100u);
    }
    return spikes;
  };
  EXPECT_EQ(passes(true), passes(false));
}

TEST(Stop, OfARewardChangesNothing) {
  BusyLab lab, other;
  lab.RunTo(300);
  other.RunTo(300);
  const int projection = lab.Projection("rewarded");
  const std::vector<double> before = lab.Weights("rewarded");
  Pace stopping([] { return true; }, 100);
  EXPECT_FALSE(lab.network().PrepareReward(projection, 0.5, &stopping));
  EXPECT_EQ(lab.Weights("rewarded"), before);
  lab.network().DropReward(projection);
  EXPECT_EQ(lab.Weights("rewarded"), before);

  int times = 0;
  for (bool prepared = false; !prepared; ++times) {
    Pace pace([] { return true; }, 100);
    prepared = lab.network().PrepareReward(projection, 0.5, &pace);
  }
  EXPECT_GT(times, 10);
  EXPECT_EQ(lab.Weights("rewarded"), before);
  lab.network().CommitReward(projection);
  EXPECT_THAT(other.network().ApplyReward(projection, 0.5), IsOk());
  EXPECT_NE(lab.Weights("rewarded"), before);
  EXPECT_EQ(lab.Weights("rewarded"), other.Weights("rewarded"));
  lab.RunTo(kUntil);
  other.RunTo(kUntil);
  EXPECT_EQ(OutcomeOf(lab), OutcomeOf(other));
}

TEST(Stop, OfSettingWeightsChangesNothing) {
  NetworkSpec spec;
  spec.populations = {Population("relay", "parrot_neuron", 300),
                      Population("e", "iaf_psc_exp", 300)};
  spec.projections = {
      Named("static", Projection("relay", "e", 7.0)),
      Plastic(Named("plastic", Projection("relay", "e", 7.0)), "stdp_synapse", {{"Wmax", 60.0}})};
  Lab lab(spec);
  const std::vector<double> one = {9.0}, all(90'000, 9.0);
  const std::vector<uint64_t> last = {89'999};
  const auto stopped = [&](const std::string& name, const auto& set) {
    const int projection = lab.Projection(name);
    Pace pace([] { return true; }, 1);
    EXPECT_EQ(set(projection, &pace).code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(lab.Weights(name), std::vector<double>(90'000, 7.0));
    EXPECT_THAT(set(projection, nullptr), IsOk());
    EXPECT_EQ(lab.Weights(name).back(), 9.0);
  };
  Network& network = lab.network();
  const auto some = [&](int projection, Pace* pace) {
    return network.SetWeightsOf(projection, last, one, pace);
  };
  const auto equal = [&](int projection, Pace* pace) {
    return network.SetWeights(projection, one, pace);
  };
  stopped("plastic", equal);
  stopped("static", some);
  EXPECT_THAT(network.SetWeights(lab.Projection("static"), std::vector<double>{7.0}), IsOk());
  stopped("static", [&](int projection, Pace* pace) {
    return network.SetWeightsFrom(projection, 89'999, one, pace);
  });
  EXPECT_THAT(network.SetWeights(lab.Projection("static"), std::vector<double>{7.0}), IsOk());
  stopped("static",
          [&](int projection, Pace* pace) { return network.SetWeights(projection, all, pace); });
}

TEST(Stop, OfABuildLeavesNothing) {
  CountedMemory memory(std::pmr::new_delete_resource());
  Simulation simulation(0.1, 1, &memory);
  const Team team(2);
  int stops = 0;
  for (uint64_t number = 1;; number += 1 + number / 4, ++stops) {
    uint64_t asks = 0;
    Pace pace([&] { return ++asks == number; }, 5000);
    const auto built = simulation.AddNetwork("network", BusyNetwork(), team, &pace);
    if (built.ok()) break;
    EXPECT_EQ(built.status().code(), absl::StatusCode::kCancelled);
    EXPECT_TRUE(simulation.networks().empty());
    EXPECT_EQ(memory.bytes(), 0u);
  }
  EXPECT_GT(stops, 10);
}

}  // namespace
}  // namespace spiked::engine
