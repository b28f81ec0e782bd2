#include "server/presets/pong.h"

#include <string>
#include <utility>

namespace spiked::presets {
namespace {

using engine::AllToAll;
using engine::ConnectionRule;
using engine::NetworkSpec;
using engine::OneToOne;
using engine::Parameters;
using engine::PopulationSpec;
using engine::ProjectionSpec;
using engine::Value;

constexpr uint32_t kCriticSize = 8;

Value Normal(double mean, double std) {
  engine::Distribution distribution;
  distribution.kind = engine::Normal{.mean = mean, .std = std};
  return distribution;
}

PopulationSpec& AddPopulation(NetworkSpec& spec, std::string name, std::string model, uint32_t size,
                              Parameters parameters = {}) {
  PopulationSpec& population = spec.populations.emplace_back();
  population.name = std::move(name);
  population.model = std::move(model);
  population.size = size;
  population.parameters = std::move(parameters);
  return population;
}

// Neurons whose spikes of the last polls are kept; who wants more reads them
// out with each step.
void AddNeurons(NetworkSpec& spec, std::string name, uint32_t size) {
  PopulationSpec& neurons = AddPopulation(spec, std::move(name), "iaf_psc_exp", size);
  neurons.record_spikes = true;
  neurons.record_limit = 50 * size;
}

// A projection is named after what it connects.
ProjectionSpec& AddProjection(NetworkSpec& spec, std::string source, std::string target,
                              ConnectionRule rule, Value weight) {
  ProjectionSpec& projection = spec.projections.emplace_back();
  projection.name = source + "_" + target;
  projection.source = std::move(source);
  projection.target = std::move(target);
  projection.rule = std::move(rule);
  projection.synapse_model = "static_synapse";
  projection.weight = std::move(weight);
  return projection;
}

// A plastic projection from the input. It starts at the relay, which repeats
// the generators' spikes.
ProjectionSpec& AddPlastic(NetworkSpec& spec, std::string target, std::string synapse_model,
                           Value weight, Parameters parameters) {
  ProjectionSpec& projection = AddProjection(spec, "relay", target, AllToAll{}, std::move(weight));
  projection.name = "input_" + target;
  projection.synapse_model = std::move(synapse_model);
  projection.parameters = std::move(parameters);
  return projection;
}

// What all players have, but for the projection to the motor neurons.
NetworkSpec InputAndMotor(const PongOptions& options) {
  NetworkSpec spec;
  AddPopulation(spec, "input", "spike_generator", options.num_neurons);
  AddPopulation(spec, "relay", "parrot_neuron", options.num_neurons);
  AddNeurons(spec, "motor", options.num_neurons);
  AddProjection(spec, "input", "relay", OneToOne{}, 1.0);
  return spec;
}

// One background device for each motor neuron.
void AddBackground(NetworkSpec& spec, const PongOptions& options, std::string model,
                   Parameters parameters, double weight) {
  AddPopulation(spec, "background", std::move(model), options.num_neurons, std::move(parameters));
  AddProjection(spec, "background", "motor", OneToOne{}, weight);
}

}  // namespace

NetworkSpec PongRstdp(const PongOptions& options) {
  NetworkSpec spec = InputAndMotor(options);
  // The rule counts from the generators' stamps, the relay's are 1 ms later.
  AddPlastic(spec, "motor", "rstdp_synapse", options.noise ? Normal(1300, 1) : Normal(1586, 5),
             {{"A", 36.0},
              {"tau", 64.0},
              {"saturation", 128.0},
              {"eta", 0.7},
              {"pre_shift", -1.0},
              {"causal_only", 1.0}});
  if (options.noise) AddBackground(spec, options, "noise_generator", {{"std", 220.0}}, 1.0);
  return spec;
}

NetworkSpec PongDopamine(const PongOptions& options) {
  NetworkSpec spec = InputAndMotor(options);
  const auto add_dopaminergic = [&](std::string target, Value weight) {
    AddPlastic(spec, std::move(target), "stdp_dopamine_synapse", std::move(weight),
               {{"A_plus", 0.85},
                {"A_minus", 1.5},
                {"tau_plus", 45.0},
                {"tau_c", 70.0},
                {"tau_n", 30.0},
                {"b", 0.028},
                {"Wmin", 1220.0},
                {"Wmax", options.noise ? 1550.0 : 1750.0}})
        .volume_transmitter = "transmitter";
  };
  add_dopaminergic("motor", options.noise ? Normal(1275, 8) : Normal(1657.5, 8));
  if (options.noise) AddBackground(spec, options, "poisson_generator", {{"rate", 15.0}}, 1275.0);

  // The critic: the striatum disinhibits the dopaminergic neurons through the
  // ventral pallidum (vp) at once, and inhibits them by itself 200 ms later.
  AddNeurons(spec, "striatum", kCriticSize);
  AddNeurons(spec, "vp", kCriticSize);
  AddNeurons(spec, "dopa", kCriticSize);
  AddPopulation(spec, "transmitter", "volume_transmitter", 1);
  AddPopulation(spec, "dopa_current", "dc_generator", 1);
  add_dopaminergic("striatum", Normal(1275, 8));
  AddProjection(spec, "striatum", "vp", AllToAll{}, -250.0);
  AddProjection(spec, "vp", "dopa", AllToAll{}, -1150.0);
  AddProjection(spec, "striatum", "dopa", AllToAll{}, -1150.0).delay_ms = 200.0;
  AddProjection(spec, "dopa", "transmitter", AllToAll{}, 1.0);
  AddProjection(spec, "dopa_current", "dopa", AllToAll{}, 1.0);
  return spec;
}

}  // namespace spiked::presets
