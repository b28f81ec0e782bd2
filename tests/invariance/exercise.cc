#include "tests/invariance/exercise.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <random>
#include <set>

#include "absl/strings/str_format.h"
#include "server/presets/pong.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr Step kSecond = 10'000;
constexpr int kSeconds = 3;

// Excitatory and inhibitory neurons. The shortest delay is seven steps, so that
// slices and pieces do not end together; the longest is beyond the rings.
NetworkSpec Recurrent() {
  NetworkSpec spec;
  spec.populations = {
      Population("input", "spike_generator", 20),
      Population("background", "poisson_generator", 200, {{"rate", 1000.0}}),
      Population("noise", "noise_generator", 1, {{"std", 150.0}, {"dt", 0.3}}),
      Recorded(Population("excitatory", "iaf_psc_exp", 160,
                          {{"C_m", Distribution{Normal{250, 10}}},
                           {"tau_m", Distribution{Uniform{9, 11}}},
                           {"V_m", Distribution{Uniform{-70, -55}}}})),
      Recorded(Population("inhibitory", "iaf_psc_exp", 40, {{"t_ref", 1.0}})),
      Recorded(Population("relay", "parrot_neuron", 20)),
      Population("transmitter", "volume_transmitter", 1, {{"deliver_interval", 3.0}}),
  };
  const Distribution delays = {Uniform{0.7, 20}};
  const Distribution weights = {Normal{60, 15}, 0, 120};
  const Distribution inhibition = {Normal{-300, 50}};
  spec.projections = {
      Projection("input", "relay", 1.0, Distribution{Uniform{0.7, 3}}, FixedIndegree{2}),
      Plastic(Projection("relay", "excitatory", weights, delays, FixedIndegree{5}),
              "stdp_dopamine_synapse", {{"b", 0.01}, {"tau_c", 100.0}}, "transmitter"),
      Plastic(Projection("excitatory", "excitatory", weights, delays, FixedIndegree{16}),
              "stdp_synapse", {{"Wmax", 120.0}}),
      Projection("excitatory", "inhibitory", weights, delays, FixedIndegree{16}),
      Projection("inhibitory", "excitatory", inhibition, delays, FixedIndegree{4}),
      Projection("inhibitory", "transmitter", 1.0, 1.5, FixedIndegree{10}),
      Projection("background", "excitatory", 150.0, 0.7,
                 PairwiseBernoulli{.probability = 0.005, .exclude_autapses = false}),
      Projection("background", "inhibitory", 150.0, 1.1, FixedIndegree{1}),
      Projection("noise", "excitatory", 1.0, 0.9),
  };
  return spec;
}

NetworkSpec SpecOf(const std::string& exercise) {
  if (exercise == "recurrent") return Recurrent();
  const presets::PongOptions options = {.num_neurons = 20, .noise = exercise.ends_with('n')};
  return exercise.starts_with('r') ? presets::PongRstdp(options) : presets::PongDopamine(options);
}

// FNV-1a over 64-bit words.
class Hash {
 public:
  void Add(uint64_t word) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash_ = (hash_ ^ (word >> shift & 0xFF)) * 0x100000001B3;
    }
  }
  void Add(double number) { Add(std::bit_cast<uint64_t>(number)); }
  std::string ToString() const { return absl::StrFormat("%016x", hash_); }

 private:
  uint64_t hash_ = 0xCBF29CE484222325;
};

class Exerciser {
 public:
  explicit Exerciser(const std::string& exercise) : lab_(SpecOf(exercise), 1) {
    // Strong enough for the striatum to fire, but for the bounds of `dn`.
    if (exercise == "d") SetWeights("input_striatum", 1700);
    if (exercise == "dn") silent_.insert("striatum");
  }

  void PassSecond(int pieces, bool detours) {
    const Step begin = lab_.simulation().now();
    // As a player's input comes: a cell for each poll, a spike every 10 ms.
    std::vector<std::vector<Step>> trains(20);
    for (Step poll = begin; poll < begin + kSecond; poll += 2000) {
      auto& train = trains[random_() % trains.size()];
      for (Step stamp = poll + 320; stamp < poll + 2000; stamp += 100) train.push_back(stamp);
    }
    lab_.Feed("input", trains);
    if (const int dopa_current = lab_.Population("dopa_current"); dopa_current >= 0) {
      const double now = lab_.simulation().now_ms();
      EXPECT_THAT(lab_.network().SetParameters(
                      dopa_current, {{"amplitude", 900.0}, {"start", now}, {"stop", now + 300}}),
                  IsOk());
    }
    for (int64_t piece = 1; piece <= pieces; ++piece) {
      lab_.RunTo(begin + kSecond * piece / pieces);
      if (detours) lab_.SaveAndRestore();
    }
    const auto& projections = lab_.network().projections();
    for (size_t k = 0; k < projections.size(); ++k) {
      if (projections[k].synapse_model != "rstdp_synapse") continue;
      EXPECT_THAT(lab_.network().ApplyReward(static_cast<int>(k), 0.3), IsOk());
    }
    AddSpikes(begin);
  }

  // Of all spikes so far, and the weights of now.
  std::string Digest() {
    for (const auto& projection : lab_.network().projections()) {
      for (const double weight : lab_.Weights(projection.name)) hash_.Add(weight);
    }
    return hash_.ToString();
  }

 private:
  void SetWeights(const std::string& projection, double weight) {
    EXPECT_THAT(lab_.network().SetWeights(lab_.Projection(projection), {&weight, 1}), IsOk());
  }

  void AddSpikes(Step after) {
    const auto& populations = lab_.network().populations();
    for (size_t k = 0; k < populations.size(); ++k) {
      if (!populations[k].recorded) continue;
      const SpikeView view = lab_.network().Spikes(static_cast<int>(k), after, kNever);
      EXPECT_LE(view.complete_after(), after) << populations[k].name;
      const SpikeList spikes = view.List();
      EXPECT_EQ(spikes.stamps.empty(), silent_.contains(populations[k].name))
          << populations[k].name;
      for (size_t s = 0; s < spikes.stamps.size(); ++s) {
        hash_.Add(static_cast<uint64_t>(spikes.stamps[s]));
        hash_.Add(uint64_t{spikes.senders[s]});
      }
    }
  }

  Lab lab_;
  std::set<std::string> silent_ = {"vp"};  // which is only ever inhibited
  std::mt19937_64 random_{1};
  Hash hash_;
};

}  // namespace

std::vector<std::string> Exercises() { return {"r", "rn", "d", "dn", "recurrent"}; }

std::string Digest(const std::string& exercise, int pieces, bool detours) {
  Exerciser exerciser(exercise);
  for (int second = 0; second < kSeconds; ++second) exerciser.PassSecond(pieces, detours);
  return exerciser.Digest();
}

}  // namespace spiked::engine
