#include "server/presets/microcircuit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace spiked::presets {
namespace {

using engine::NetworkSpec;

constexpr size_t kPopulations = 8;
template <typename T>
using PerPopulation = std::array<T, kPopulations>;

// Tables 4 and 5 of the paper. Excitatory and inhibitory neurons take turns.
constexpr PerPopulation<const char*> kNames = {"L23E", "L23I", "L4E", "L4I",
                                               "L5E",  "L5I",  "L6E", "L6I"};
constexpr PerPopulation<double> kSizes = {20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948};
// Probability that two neurons are connected at least once, [target][source].
constexpr PerPopulation<PerPopulation<double>> kProbabilities = {{
    {0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0},
    {0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0},
    {0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0},
    {0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0},
    {0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0},
    {0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0},
    {0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252},
    {0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443},
}};
// Synapses of a neuron from outside, and the rate of each.
constexpr PerPopulation<double> kExternalIndegrees = {1600, 1500, 2100, 1900,
                                                      2000, 1900, 2900, 2100};
constexpr double kExternalRateHz = 8.0;
// The stationary rates of the full circuit, for the mean input that a smaller
// one lacks.
constexpr PerPopulation<double> kRatesHz = {0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829};

constexpr double kCapacityPf = 250.0, kTauMMs = 10.0, kTauSynMs = 0.5, kRefractoryMs = 2.0;
constexpr double kRestMv = -65.0, kThresholdMv = -50.0;
constexpr double kInitialMeanMv = -58.0, kInitialStdMv = 10.0;

// A postsynaptic potential of 0.15 mV, as a current; inhibition is four times
// as strong, and so is the excitation from layer 4 to layer 2/3 twice.
constexpr double kWeightPa = 87.8;
constexpr double kInhibition = -4.0;
constexpr double kFromL4EToL23E = 2.0;
constexpr double kRelativeWeightStd = 0.1;
constexpr double kExcitatoryDelayMs = 1.5, kInhibitoryDelayMs = 0.75;
constexpr double kRelativeDelayStd = 0.5;
constexpr double kShortestDelayMs = 0.1;

bool IsInhibitory(size_t population) { return population % 2 == 1; }

double WeightPa(size_t target, size_t source) {
  if (IsInhibitory(source)) return kInhibition * kWeightPa;
  return target == 0 && source == 2 ? kFromL4EToL23E * kWeightPa : kWeightPa;
}

// Synapses, drawn with replacement, that connect a pair with that probability.
double FullSynapses(size_t target, size_t source) {
  return std::log1p(-kProbabilities[target][source]) /
         std::log1p(-1.0 / (kSizes[target] * kSizes[source]));
}

// The mean current of synapses that each get so many spikes a second.
double MeanCurrentPa(double weight_pa, double spikes_hz) {
  return weight_pa * spikes_hz * 1e-3 * kTauSynMs;
}

// What the neurons of a population get as a constant current.
double ConstantCurrentPa(size_t population, const MicrocircuitOptions& options) {
  double recurrent_pa = 0.0;
  for (size_t source = 0; source < kPopulations; ++source) {
    recurrent_pa +=
        MeanCurrentPa(WeightPa(population, source),
                      FullSynapses(population, source) / kSizes[population] * kRatesHz[source]);
  }
  const double external_pa =
      MeanCurrentPa(kWeightPa, kExternalIndegrees[population] * kExternalRateHz);
  // With fewer but stronger synapses, sqrt(scale) of the mean is left.
  const double missing = 1.0 - std::sqrt(options.scale);
  return options.input == MicrocircuitInput::kDirect ? external_pa + missing * recurrent_pa
                                                     : missing * (external_pa + recurrent_pa);
}

engine::Distribution Normal(double mean, double std) {
  engine::Distribution distribution;
  distribution.kind = engine::Normal{.mean = mean, .std = std};
  return distribution;
}

void AddNeurons(NetworkSpec& spec, size_t population, const MicrocircuitOptions& options) {
  engine::PopulationSpec& neurons = spec.populations.emplace_back();
  neurons.name = kNames[population];
  neurons.model = "iaf_psc_exp";
  neurons.size =
      static_cast<uint32_t>(std::max<int64_t>(1, std::llround(kSizes[population] * options.scale)));
  neurons.parameters = {{"C_m", kCapacityPf},
                        {"tau_m", kTauMMs},
                        {"tau_syn_ex", kTauSynMs},
                        {"tau_syn_in", kTauSynMs},
                        {"t_ref", kRefractoryMs},
                        {"E_L", kRestMv},
                        {"V_reset", kRestMv},
                        {"V_th", kThresholdMv},
                        {"V_m", Normal(kInitialMeanMv, kInitialStdMv)},
                        {"I_e", ConstantCurrentPa(population, options)}};
  neurons.record_spikes = true;
  // Some twenty seconds of activity.
  neurons.record_limit = 100 * neurons.size;
}

void Connect(NetworkSpec& spec, size_t source, size_t target, double scale) {
  const int64_t synapses = std::llround(FullSynapses(target, source) * scale * scale);
  if (synapses == 0) return;
  engine::ProjectionSpec& projection = spec.projections.emplace_back();
  projection.source = kNames[source];
  projection.target = kNames[target];
  projection.name = projection.source + "_" + projection.target;
  projection.rule = engine::FixedTotalNumber{.connections = static_cast<uint64_t>(synapses)};
  const double weight_pa = WeightPa(target, source) / std::sqrt(scale);
  engine::Distribution weight = Normal(weight_pa, kRelativeWeightStd * std::abs(weight_pa));
  (weight_pa > 0 ? weight.minimum : weight.maximum) = 0.0;  // no synapse changes its sign
  projection.weight = weight;
  const double delay_ms = IsInhibitory(source) ? kInhibitoryDelayMs : kExcitatoryDelayMs;
  engine::Distribution delay = Normal(delay_ms, kRelativeDelayStd * delay_ms);
  delay.minimum = kShortestDelayMs;
  projection.delay_ms = delay;
}

// One device for a population: each neuron gets spikes of its own from it.
void AddPoissonInput(NetworkSpec& spec, size_t population, double scale) {
  engine::PopulationSpec& input = spec.populations.emplace_back();
  input.name = std::string(kNames[population]) + "_input";
  input.model = "poisson_generator";
  input.size = 1;
  input.parameters = {{"rate", kExternalRateHz * kExternalIndegrees[population] * scale}};
  engine::ProjectionSpec& projection = spec.projections.emplace_back();
  projection.name = input.name;
  projection.source = input.name;
  projection.target = kNames[population];
  projection.rule = engine::AllToAll{};
  projection.weight = kWeightPa / std::sqrt(scale);
  projection.delay_ms = kExcitatoryDelayMs;
}

}  // namespace

NetworkSpec Microcircuit(const MicrocircuitOptions& options) {
  NetworkSpec spec;
  for (size_t k = 0; k < kPopulations; ++k) AddNeurons(spec, k, options);
  for (size_t target = 0; target < kPopulations; ++target) {
    for (size_t source = 0; source < kPopulations; ++source) {
      Connect(spec, source, target, options.scale);
    }
  }
  if (options.input == MicrocircuitInput::kPoisson) {
    for (size_t k = 0; k < kPopulations; ++k) AddPoissonInput(spec, k, options.scale);
  }
  return spec;
}

}  // namespace spiked::presets
