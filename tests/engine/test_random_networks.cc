// Random networks under random commands, once by the engine and once in the
// plainest way.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/engine/naive_network.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr Step kUntil = 3000;

struct RandomNetwork {
  NetworkSpec spec;
  std::mt19937_64 random;

  explicit RandomNetwork(uint64_t seed) : random(seed) {
    const std::vector<std::vector<Step>> choices = {
        {10}, {1, 2, 5}, {7, 10, 23, 60}, {10, 64, 65, 128, 300}, {70, 90, 700}};
    delays = choices[random() % choices.size()];
    Populations();
    std::ranges::shuffle(spec.populations, random);
    Projections();
    std::ranges::shuffle(spec.projections, random);
    for (const char* name : {"plain", "mixed", "alphas", "deltas", "learners"}) {
      MultimeterSpec meter = Multimeter(name, 0.1, {"V_m"});
      if (name != std::string("deltas")) meter.variables.push_back("I_syn_ex");
      meter.name = std::string("meter-") + name;
      meter.record_limit = kUntil;
      spec.multimeters.push_back(meter);
    }
  }

  double Uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
  std::vector<double> Uniforms(size_t n, double low, double high) {
    std::vector<double> values(n);
    for (double& value : values) value = Uniform(low, high);
    return values;
  }
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random() % n); }

 private:
  void Populations() {
    spec.populations = {
        Recorded(Population("generators", "spike_generator", 4)),
        Recorded(Population("relays", "parrot_neuron", 3)),
        Recorded(Population("further", "parrot_neuron", 2)),
        Recorded(Population("plain", "iaf_psc_exp", 10, {{"I_e", 390.0}})),
        Recorded(Population("mixed", "iaf_psc_exp", 7,
                            {{"tau_m", Uniforms(7, 5, 30)},
                             {"tau_syn_ex", Uniforms(7, 0.5, 10)},
                             {"tau_syn_in", Uniforms(7, 0.5, 10)},
                             {"C_m", Uniforms(7, 100, 300)},
                             {"t_ref", 0.1 * (1 + Below(40))},
                             {"V_m", Uniforms(7, -75, -56)},
                             {"tau_minus", Uniforms(7, 10, 40)},
                             {"I_e", Uniforms(7, 100, 500)}})),
        Recorded(Population("learners", "iaf_psc_exp", 5, {{"t_ref", 1.0}})),
        Recorded(Population("alphas", "iaf_psc_alpha", 5,
                            {{"tau_syn_ex", Uniforms(5, 0.5, 10)},
                             {"tau_m", 10.0},
                             {"V_min", -72.0},
                             {"I_e", 380.0}})),
        Recorded(Population("deltas", "iaf_psc_delta", 5,
                            {{"tau_m", Uniforms(5, 5, 30)}, {"V_min", -75.0}, {"I_e", 300.0}})),
        Population("dc", "dc_generator", 2,
                   {{"amplitude", Uniforms(2, -50, 100)}, {"start", 3.0}, {"stop", 60.0}}),
        Population("steps", "step_current_generator", 2),
        Population("noise", "noise_generator", 2,
                   {{"mean", 5.0}, {"std", 40.0}, {"dt", 0.1 * (1 + Below(20))}}),
        Population("transmitter", "volume_transmitter", 1, {{"deliver_interval", 1.0 + Below(4)}}),
    };
    for (auto& p : spec.populations) {
      if (p.record_spikes) p.record_limit = 1'000'000;
    }
  }

  uint32_t SizeOf(const std::string& name) const {
    return std::ranges::find(spec.populations, name, &PopulationSpec::name)->size;
  }

  void Connect(const std::string& source, const std::string& target, size_t n, double low,
               double high, const std::string& model = "static_synapse",
               Parameters parameters = {}) {
    ExplicitPairs pairs;
    std::vector<double> weights, delays_ms;
    for (size_t k = 0; k < n; ++k) {
      pairs.sources.push_back(Below(SizeOf(source)));
      pairs.targets.push_back(Below(SizeOf(target)));
      weights.push_back(Uniform(low, high));
      delays_ms.push_back(0.1 * static_cast<double>(delays[random() % delays.size()]));
    }
    const bool device = source == "dc" || source == "steps" || source == "noise";
    const bool one_weight = random() % 3 == 0;
    spec.projections.push_back(Plastic(
        Named("p" + std::to_string(spec.projections.size()),
              Projection(source, target, one_weight ? Value(weights[0]) : Value(weights),
                         device || random() % 4 == 0 ? Value(delays_ms[0]) : Value(delays_ms),
                         pairs)),
        model, std::move(parameters), model == "stdp_dopamine_synapse" ? "transmitter" : ""));
  }

  void Projections() {
    const Parameters stdp = {{"lambda", Uniform(0.01, 0.1)},
                             {"mu_plus", Uniform(0, 1)},
                             {"mu_minus", Uniform(0, 1)},
                             {"alpha", Uniform(0.5, 1.5)},
                             {"Wmax", 90.0},
                             {"tau_plus", Uniform(10, 30)}};
    Connect("generators", "relays", 5, 1, 1);
    Connect("generators", "plain", 20, -50, 300);
    Connect("generators", "mixed", 10, 0, 60, "stdp_synapse", stdp);
    Connect("relays", "further", 3, 1, 1);
    Connect("relays", "plain", 20, 0.1, 30);
    Connect("relays", "plain", 9, -20, 20);
    Connect("relays", "mixed", 20, 0, 60, "stdp_synapse", stdp);
    Connect("further", "mixed", 12, -20, 40, "rstdp_synapse",
            {{"causal_only", static_cast<double>(Below(2))}, {"pre_shift", 0.1 * Below(12) - 0.5}});
    Connect("plain", "plain", 30, -60, 60);
    Connect("plain", "mixed", 30, 0, 90, "stdp_synapse", stdp);
    Connect("mixed", "plain", 20, -80, 0);
    Connect("mixed", "transmitter", 3, 1, 1);
    Connect("further", "transmitter", 1, 1, 1);
    Connect("generators", "learners", 8, 2000, 4000);
    Connect("relays", "learners", 15, 20, 180, "stdp_dopamine_synapse",
            {{"tau_c", 70.0}, {"tau_n", 30.0}, {"b", 0.01}});
    const Parameters tsodyks = {{"U", Uniform(0.1, 0.9)},
                                {"tau_rec", Uniform(50, 900)},
                                {"tau_fac", Below(2) * Uniform(10, 500)},
                                {"x", Uniform(0, 1)}};
    const Parameters inhibitory = {{"Wmax", -90.0}, {"lambda", 0.05}};
    Connect("relays", "alphas", 9, 0.1, 200, "tsodyks2_synapse", tsodyks);
    Connect("plain", "alphas", 12, -60, 60);
    Connect("alphas", "deltas", 9, -3, 5);
    Connect("relays", "deltas", 9, -2, 4);
    Connect("generators", "deltas", 6, -60, 0, "stdp_synapse", inhibitory);
    Connect("deltas", "alphas", 9, 10, 90, "tsodyks2_synapse", tsodyks);
    Connect("dc", "alphas", 3, 0.5, 1.5);
    Connect("dc", "plain", 6, 0.5, 1.5);
    Connect("dc", "mixed", 3, 0.5, 1.5);
    Connect("steps", "mixed", 8, 0.5, 1.5);
    Connect("noise", "plain", 15, 0.5, 1.5);
    Connect("noise", "mixed", 5, 1, 1);
  }

  std::vector<Step> delays;
};

// Gives both the same commands, and compares.
class Pair {
 public:
  explicit Pair(uint64_t seed)
      : network_(seed), lab_(network_.spec, seed), naive_(network_.spec, seed) {}

  void Run() {
    for (Step now = 0; now < kUntil;) {
      const uint32_t commands = network_.Below(4);
      for (uint32_t k = 0; k < commands; ++k) Command(now);
      now = std::min<Step>(kUntil, now + 1 + network_.Below(network_.Below(2) == 0 ? 15 : 200));
      lab_.RunTo(now);
      naive_.AdvanceTo(now);
    }
    Compare();
  }

 private:
  void Command(Step now) {
    Network& network = lab_.network();
    switch (network_.Below(6)) {
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
        EXPECT_THAT(network.SetCurrentSteps(population, senders, times, amplitudes), IsOk());
        naive_.SetCurrentSteps(population, senders, times, amplitudes);
        break;
      }
      case 2: {
        const int population = lab_.Population("dc");
        const Step start = std::max<Step>(0, now - 20 + network_.Below(80));
        const Step stop = start + network_.Below(100);
        const std::vector<double> amplitudes = network_.Uniforms(2, -100, 200);
        EXPECT_THAT(
            network.SetParameters(population, {{"amplitude", amplitudes},
                                               {"start", lab_.simulation().grid().ToMs(start)},
                                               {"stop", lab_.simulation().grid().ToMs(stop)}}),
            IsOk());
        for (uint32_t k = 0; k < 2; ++k) {
          naive_.SetDirectCurrent(population, k, amplitudes[k], start, stop);
        }
        break;
      }
      case 3: {
        const int population = lab_.Population("noise");
        const double mean = network_.Uniform(-20, 20), std = network_.Uniform(0, 80);
        EXPECT_THAT(network.SetParameters(population, {{"mean", mean}, {"std", std}}), IsOk());
        naive_.SetNoise(population, mean, std);
        break;
      }
      case 4: {
        const auto projection = static_cast<int>(
            network_.Below(static_cast<uint32_t>(network_.spec.projections.size())));
        const auto& info = network.projections()[static_cast<size_t>(projection)];
        const WeightRange range =
            RangeOf(network_.spec.projections[static_cast<size_t>(projection)]);
        const std::vector<double> weights =
            network_.Uniforms(network_.Below(3) == 0 ? 1 : info.synapses, range.low, range.high);
        EXPECT_THAT(network.SetWeights(projection, weights), IsOk());
        naive_.SetWeights(projection, weights);
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
      const std::string name = network_.spec.multimeters[static_cast<size_t>(k)].population;
      const auto view = network.Signals(k, -1, kNever);
      const int population = lab_.Population(name);
      const auto& V_m = naive_.V_m(population);
      const auto& I_ex = naive_.I_ex(population);
      const auto first = view.Values(0);
      const auto last =
          view.Values(network.multimeters()[static_cast<size_t>(k)].variables.size() - 1);
      ASSERT_EQ(first.size(), V_m.size());
      for (size_t at = 0; at < V_m.size(); ++at) {
        const size_t neurons = V_m.size() / kUntil;
        if (name == "learners") {
          ASSERT_NEAR(first[at], V_m[at], 1e-8 * (1 + std::abs(V_m[at])));
          continue;
        }
        ASSERT_EQ(last[at], name == "deltas" ? V_m[at] : I_ex[at])
            << name << " " << at % neurons << " at step " << at / neurons + 1;
        ASSERT_EQ(first[at], V_m[at])
            << name << " " << at % neurons << " at step " << at / neurons + 1;
      }
    }
    for (size_t k = 0; k < network.projections().size(); ++k) {
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

  RandomNetwork network_;
  Lab lab_;
  NaiveSimulation naive_;
};

class RandomNetworks : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RandomNetworks, AgreeWithTheNaiveOnesWhateverTheCommands) { Pair(GetParam()).Run(); }

INSTANTIATE_TEST_SUITE_P(Seeds, RandomNetworks, ::testing::Range<uint64_t>(1, 41));

}  // namespace
}  // namespace spiked::engine
