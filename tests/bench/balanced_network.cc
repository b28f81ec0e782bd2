#include "tests/bench/balanced_network.h"

#include <numeric>
#include <string>
#include <utility>

namespace spiked::bench {
namespace {

// The sum of a neuron's excitatory weights, which keeps the mean input the same
// for all indegrees, and how much stronger one inhibitory synapse is than an
// excitatory one: strong enough to make up for their smaller number.
constexpr double kTotalExcitationPa = 20'000.0;
constexpr double kInhibitionRatio = 6.0;
constexpr double kDrivePa = 500.0;
constexpr double kDelayMs = 1.5;

constexpr const char* kExcitatory = "excitatory";
constexpr const char* kInhibitory = "inhibitory";

void AddNeurons(engine::NetworkSpec& spec, std::string name, uint32_t size) {
  engine::PopulationSpec& neurons = spec.populations.emplace_back();
  neurons.name = std::move(name);
  neurons.model = "iaf_psc_exp";
  neurons.size = size;
  neurons.record_spikes = true;
  // Scattered below the threshold, so that they do not fire all at once.
  engine::Distribution potential;
  potential.kind = engine::Uniform{.low = -70.0, .high = -55.0};
  neurons.parameters = {{"I_e", kDrivePa}, {"V_m", potential}};
}

void Connect(engine::NetworkSpec& spec, const std::string& source, const std::string& target,
             uint32_t indegree, double weight_pa) {
  engine::ProjectionSpec& projection = spec.projections.emplace_back();
  projection.name = source + "_" + target;
  projection.source = source;
  projection.target = target;
  projection.rule = engine::FixedIndegree{.indegree = indegree};
  projection.weight = weight_pa;
  projection.delay_ms = kDelayMs;
}

}  // namespace

engine::NetworkSpec BalancedNetwork(uint32_t neurons, uint32_t indegree) {
  const uint32_t inhibitory = neurons / 5;
  const uint32_t inhibitory_indegree = indegree / 5;
  const uint32_t excitatory_indegree = indegree - inhibitory_indegree;
  const double weight_pa = kTotalExcitationPa / excitatory_indegree;
  engine::NetworkSpec spec;
  AddNeurons(spec, kExcitatory, neurons - inhibitory);
  AddNeurons(spec, kInhibitory, inhibitory);
  for (const char* target : {kExcitatory, kInhibitory}) {
    Connect(spec, kExcitatory, target, excitatory_indegree, weight_pa);
    Connect(spec, kInhibitory, target, inhibitory_indegree, -kInhibitionRatio * weight_pa);
  }
  return spec;
}

engine::NetworkSpec PlasticBalancedNetwork(uint32_t neurons, uint32_t indegree) {
  engine::NetworkSpec spec = BalancedNetwork(neurons, indegree);
  for (engine::ProjectionSpec& projection : spec.projections) {
    if (projection.source != kExcitatory || projection.target != kExcitatory) continue;
    projection.synapse_model = "stdp_synapse";
    projection.parameters = {{"Wmax", 3.0 * std::get<double>(projection.weight)}};
  }
  return spec;
}

uint64_t CountSpikes(const engine::Network& network) {
  uint64_t spikes = 0;
  for (const char* population : {kExcitatory, kInhibitory}) {
    const auto totals = network.SpikeTotals(network.FindPopulation(population));
    spikes = std::accumulate(totals.begin(), totals.end(), spikes);
  }
  return spikes;
}

}  // namespace spiked::bench
