// A network of all models with everything drawn at random: weights, delays,
// multiplicities, what is connected with what.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {

struct RandomNetwork {
  NetworkSpec spec;
  std::mt19937_64 random;

  explicit RandomNetwork(uint64_t seed) : random(seed), recorded(seed) {
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
      meter.record_limit = 1'000'000;
      if (Below(2) == 0) meter.record_window = {.start_ms = 0.1 * Below(400), .stop_ms = 250};
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
        Recorded(Population("generators", "spike_generator", 4, Window(4, 200))),
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
        Population("dc", "dc_generator", 2, Window(2, 60)),
        Population("steps", "step_current_generator", 2, Window(2, 200)),
        Population("noise", "noise_generator", 2, Window(2, 200)),
        Population("transmitter", "volume_transmitter", 1, {{"deliver_interval", 1.0 + Below(4)}}),
    };
    for (auto& p : spec.populations) {
      if (p.record_spikes) p.record_limit = 1'000'000;
      if (p.record_spikes && Below(3) == 0) {
        p.record_window = {.start_ms = 0.1 * Below(400), .stop_ms = 250, .origin_ms = 3.1};
      }
      if (p.model == "dc_generator") p.parameters["amplitude"] = Uniforms(2, -50, 100);
      if (p.model == "noise_generator") {
        p.parameters.merge(Parameters{{"mean", 5.0}, {"std", 40.0}, {"dt", 0.1 * (1 + Below(20))}});
      }
    }
  }

  // When devices are active: always, or up to about a time in ms.
  Parameters Window(size_t devices, double until_ms) {
    if (Below(2) == 0) return {};
    std::vector<double> start, stop;
    for (size_t k = 0; k < devices; ++k) {
      start.push_back(0.1 * Below(300));
      stop.push_back(start.back() + std::round(Uniform(0, until_ms)));
    }
    return {{"start", start}, {"stop", stop}, {"origin", 0.1 * Below(50)}};
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
    if (device || recorded() % 3 != 0) return;
    spec.projections.back().weights.on = true;
    spec.projections.back().weights.limit = recorded() % 2 == 0 ? 0 : 20;
    if (recorded() % 3 == 0) {
      spec.projections.back().weights.window = {.start_ms = 5, .stop_ms = 80, .origin_ms = 1.5};
    }
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
    Connect("generators", "further", 5, 0, 60, "stdp_synapse", stdp);
    Connect("relays", "further", 5, 20, 180, "stdp_dopamine_synapse", {{"b", 0.01}});
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
            {{"tau_c", 70.0}, {"tau_n", 30.0}, {"b", 0.01}, {"c", Uniform(-2, 2)}, {"n", 0.05}});
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
  std::mt19937_64 recorded;  // draws whose weights are
};

}  // namespace spiked::engine
