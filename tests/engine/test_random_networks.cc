// Random networks under random commands, once by the engine and once in the
// plainest way.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "server/engine/pace.h"
#include "tests/engine/naive_network.h"
#include "tests/engine/networks.h"
#include "tests/engine/pieces.h"
#include "tests/engine/random_network.h"

namespace spiked::engine {
namespace {

constexpr Step kUntil = 3000;

// Gives both the same commands, and compares.
class Pair {
 public:
  // Whole from the beginning, or piece by piece while time passes.
  Pair(uint64_t seed, bool grows)
      : network_(seed),
        pieces_(grows ? Cut(network_.spec, &network_.random) : std::vector{network_.spec}),
        lab_(pieces_[0], seed),
        naive_(pieces_[0], seed) {}

  void Run() {
    size_t next = 1;
    for (Step now = 0; now < kUntil;) {
      const uint32_t commands = network_.Below(4);
      for (uint32_t k = 0; k < commands; ++k) Command(now);
      if (next < pieces_.size() && (network_.Below(2) == 0 || now > kUntil / 2)) {
        ASSERT_THAT(lab_.simulation().ExtendNetwork(&lab_.network(), pieces_[next]), IsOk());
        naive_.Extend(pieces_[next++]);
      }
      now = std::min<Step>(kUntil, now + 1 + network_.Below(network_.Below(2) == 0 ? 15 : 200));
      RunTo(now);
      naive_.AdvanceTo(now);
    }
    ASSERT_EQ(next, pieces_.size());
    Compare();
  }

 private:
  // With stops now and then, anywhere.
  void RunTo(Step until) {
    const uint64_t rarity = 1 + stops_() % 50;
    const auto stop = [&] { return stops_() % rarity == 0; };
    for (bool stopped = true; stopped;) {
      Pace pace(stop, /*work_between_asks=*/1 + stops_() % 20);
      ASSERT_THAT(lab_.simulation().Advance(until - lab_.simulation().now(), nullptr, &pace),
                  IsOk());
      stopped = pace.stopped();
    }
    ASSERT_EQ(lab_.simulation().now(), until);
  }

  void Command(Step now) {
    Network& network = lab_.network();
    switch (network_.Below(9)) {
      case 0: {
        std::vector<std::tuple<Step, uint32_t, uint64_t>> spikes;
        const uint32_t n = network_.Below(40);
        for (uint32_t k = 0; k < n; ++k) {
          const uint64_t m = network_.Below(3) != 0    ? 1
                             : network_.Below(20) != 0 ? 1 + network_.Below(5)
                                                       : 40 + network_.Below(200);
          const Step stamp = now - 20 + network_.Below(300);
          spikes.emplace_back(std::max<Step>(1, stamp), network_.Below(4), m);
        }
        std::ranges::sort(spikes);
        std::vector<uint32_t> senders, multiplicities;
        std::vector<uint64_t> wide;
        std::vector<Step> stamps;
        for (const auto& [stamp, sender, m] : spikes) {
          stamps.push_back(stamp);
          senders.push_back(sender);
          wide.push_back(m);
          multiplicities.push_back(static_cast<uint32_t>(m));
        }
        const int population = lab_.Population("generators");
        if (population < 0) break;
        EXPECT_THAT(network.SetSpikeTrains(population, senders, stamps, multiplicities), IsOk());
        naive_.SetSpikeTrains(population, senders, stamps, wide);
        break;
      }
      case 1: {
        std::set<std::pair<uint32_t, Step>> when;
        const uint32_t n = network_.Below(8);
        for (uint32_t k = 0; k < n; ++k) {
          when.insert({network_.Below(2), std::max<Step>(0, now - 10 + network_.Below(60))});
        }
        std::vector<uint32_t> senders;
        std::vector<Step> times;
        for (const auto& [sender, time] : when) {
          senders.push_back(sender);
          times.push_back(time);
        }
        const std::vector<double> amplitudes = network_.Uniforms(times.size(), -100, 200);
        const int population = lab_.Population("steps");
        if (population < 0) break;
        EXPECT_THAT(network.SetCurrentSteps(population, senders, times, amplitudes), IsOk());
        naive_.SetCurrentSteps(population, senders, times, amplitudes);
        break;
      }
      case 2: {
        const int population = lab_.Population("dc");
        if (population < 0) break;
        const auto [start, stop, window] = RandomWindow(now);
        Parameters parameters = window;
        const std::vector<double> amplitudes = network_.Uniforms(2, -100, 200);
        parameters["amplitude"] = amplitudes;
        EXPECT_THAT(network.SetParameters(population, parameters), IsOk());
        for (uint32_t k = 0; k < 2; ++k) {
          naive_.SetDirectCurrent(population, k, amplitudes[k], start, stop);
        }
        break;
      }
      case 3: {
        const int population = lab_.Population("noise");
        if (population < 0) break;
        const double mean = network_.Uniform(-20, 20), std = network_.Uniform(0, 80);
        const auto [start, stop, window] = RandomWindow(now);
        Parameters parameters = window;
        parameters["mean"] = mean;
        parameters["std"] = std;
        EXPECT_THAT(network.SetParameters(population, parameters), IsOk());
        naive_.SetNoise(population, mean, std, start, stop);
        break;
      }
      case 4: {
        if (network.projections().empty()) break;
        const auto projection =
            static_cast<int>(network_.Below(static_cast<uint32_t>(network.projections().size())));
        const auto& info = network.projections()[static_cast<size_t>(projection)];
        const WeightRange range =
            RangeOf(network_.spec.projections[static_cast<size_t>(projection)]);
        const std::vector<double> weights =
            network_.Uniforms(network_.Below(3) == 0 ? 1 : info.synapses, range.low, range.high);
        EXPECT_THAT(network.SetWeights(projection, weights), IsOk());
        naive_.SetWeights(projection, weights);
        break;
      }
      case 6: {
        if (network.projections().empty()) break;
        const uint32_t projection =
            network_.Below(static_cast<uint32_t>(network.projections().size()));
        std::vector<uint64_t> connections;
        for (uint32_t n = network_.Below(4); n > 0; --n) {
          const uint64_t synapses = network.projections()[projection].synapses;
          connections.push_back(network_.Below(static_cast<uint32_t>(synapses)));
        }
        EXPECT_THAT(network.CutConnections(static_cast<int>(projection), connections), IsOk());
        naive_.CutConnections(static_cast<int>(projection), connections);
        break;
      }
      case 7: {
        Simulation& simulation = lab_.simulation();
        const Recording recording = {.on = network_.Below(5) != 0, .window = {}};
        if (network_.Below(2) == 0) {
          const int population = lab_.Population(network_.Below(2) == 0 ? "plain" : "relays");
          if (population < 0) break;
          EXPECT_THAT(simulation.RecordSpikes(&network, population, recording), IsOk());
          naive_.RecordSpikes(population);
        } else {
          const auto projections = static_cast<uint32_t>(network.projections().size());
          if (projections == 0) break;
          const auto k = static_cast<int>(network_.Below(projections));
          if (!simulation.RecordWeights(&network, k, recording).ok()) break;
          naive_.RecordWeights(k, recording.on);
        }
        break;
      }
      default:
        for (size_t k = 0; k < network.projections().size(); ++k) {
          if (network.projections()[k].synapse_model != "rstdp_synapse") continue;
          const double reward = network_.Uniform(-0.5, 1);
          EXPECT_THAT(network.ApplyReward(static_cast<int>(k), reward), IsOk());
          naive_.ApplyReward(static_cast<int>(k), reward);
        }
    }
  }

  // When devices are active from now on.
  struct DeviceWindow {
    Step start, stop;
    Parameters parameters;
  };
  DeviceWindow RandomWindow(Step now) {
    const Step origin = network_.Below(static_cast<uint32_t>(now) + 1);
    const Step start = std::max<Step>(0, now - origin - 20 + network_.Below(80));
    const Step stop = start + network_.Below(150);
    const auto ms = [this](Step steps) { return lab_.simulation().grid().ToMs(steps); };
    const bool ends = network_.Below(3) != 0;
    return {origin + start,
            ends ? origin + stop : kNever,
            {{"start", ms(start)}, {"stop", ends ? ms(stop) : INFINITY}, {"origin", ms(origin)}}};
  }

  struct WeightRange {
    double low, high;
  };
  static WeightRange RangeOf(const ProjectionSpec& spec) {
    if (!spec.synapse_model.starts_with("stdp")) return {-10, 50};
    const auto w_max = spec.parameters.find("Wmax");
    if (w_max == spec.parameters.end()) return {0, 200};
    const double bound = std::get<double>(w_max->second);
    return {std::min(0.0, bound), std::max(0.0, bound)};
  }

  void Compare() {
    const Network& network = lab_.network();
    for (int k = 0; k < static_cast<int>(network.populations().size()); ++k) {
      const auto& info = network.populations()[static_cast<size_t>(k)];
      if (!info.recorded) continue;
      for (uint32_t neuron = 0; neuron < info.size; ++neuron) {
        EXPECT_EQ(network.SpikeTotals(k)[neuron], naive_.spikes(k, neuron))
            << info.name << " " << neuron;
      }
    }
    for (int k = 0; k < 5; ++k) {
      const auto& spec = network_.spec.multimeters[static_cast<size_t>(k)];
      const std::string& name = spec.population;
      const auto view = network.Signals(k, -1, kNever);
      if (view.times().empty()) continue;  // added after all that it should record
      const auto begin = static_cast<size_t>(view.times()[0]) - 1;
      const int population = lab_.Population(name);
      const auto V_m = naive_.V_m(population, static_cast<Step>(begin));
      const auto I_ex = naive_.I_ex(population, static_cast<Step>(begin));
      const auto first = view.Values(0);
      const auto last =
          view.Values(network.multimeters()[static_cast<size_t>(k)].variables.size() - 1);
      const size_t neurons = network.multimeters()[static_cast<size_t>(k)].neurons;
      const size_t until = spec.record_window.stop_ms == 250 ? 2500 : kUntil;
      ASSERT_GE(static_cast<double>(begin), std::round(spec.record_window.start_ms / 0.1));
      ASSERT_EQ(first.size(), (until - begin) * neurons);
      for (size_t at = 0; at < first.size(); ++at) {
        if (name == "learners") {
          ASSERT_NEAR(first[at], V_m[at], 1e-8 * (1 + std::abs(V_m[at])));
          continue;
        }
        ASSERT_EQ(last[at], name == "deltas" ? V_m[at] : I_ex[at])
            << name << " " << at % neurons << " at step " << begin + at / neurons + 1;
        ASSERT_EQ(first[at], V_m[at])
            << name << " " << at % neurons << " at step " << begin + at / neurons + 1;
      }
    }
    for (size_t k = 0; k < network.projections().size(); ++k) {
      CompareRecords(static_cast<int>(k));
      const auto& info = network.projections()[k];
      const auto weights = lab_.Weights(info.name), expected = naive_.Weights(static_cast<int>(k));
      ASSERT_EQ(weights.size(), expected.size());
      for (size_t s = 0; s < weights.size(); ++s) {
        if (info.synapse_model == "stdp_dopamine_synapse") {
          EXPECT_NEAR(weights[s], expected[s], 1e-9 * (1 + expected[s])) << info.name << " " << s;
        } else {
          EXPECT_EQ(weights[s], expected[s]) << info.name << " " << s;
        }
      }
    }
  }

  // Of the weights that a projection has transmitted.
  void CompareRecords(int projection) {
    const auto& info = lab_.network().projections()[static_cast<size_t>(projection)];
    if (!info.recorded) return;
    const WeightRecordView view = lab_.network().TransmittedWeights(projection, -1, kNever);
    const auto expected = naive_.Record(projection);
    ASSERT_EQ(view.stamps.size() + view.forgotten, expected.size()) << info.name;
    const bool dopamine = info.synapse_model == "stdp_dopamine_synapse";
    for (size_t n = 0; n < view.stamps.size(); ++n) {
      const auto& one = expected[view.forgotten + n];
      ASSERT_EQ(view.stamps[n], one.stamp) << info.name << " " << n;
      ASSERT_EQ(view.weights[n].synapse, one.place) << info.name << " " << n;
      ASSERT_NEAR(view.weights[n].weight, one.weight, dopamine ? 1e-9 * (1 + one.weight) : 0.0)
          << info.name << " " << n;
    }
  }

  std::mt19937_64 stops_{1};
  RandomNetwork network_;
  std::vector<NetworkSpec> pieces_;
  Lab lab_;
  NaiveSimulation naive_;
};

class RandomNetworks : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RandomNetworks, AgreeWithTheNaiveOnesWhateverTheCommands) {
  Pair(GetParam(), /*grows=*/false).Run();
}
TEST_P(RandomNetworks, AgreeWithTheNaiveOnesWhenTheyGrowMeanwhile) {
  Pair(GetParam(), /*grows=*/true).Run();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomNetworks, ::testing::Range<uint64_t>(1, 41));

}  // namespace
}  // namespace spiked::engine
