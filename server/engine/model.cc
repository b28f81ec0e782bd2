#include "server/engine/model.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/string_view.h"

namespace spiked::engine {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kFollows = std::numeric_limits<double>::quiet_NaN();

ParameterInfo Any(absl::string_view name, absl::string_view unit, double value,
                  absl::string_view description) {
  return {.name = name, .unit = unit, .default_value = value, .description = description};
}

ParameterInfo AtLeast(double minimum, absl::string_view name, absl::string_view unit, double value,
                      absl::string_view description) {
  ParameterInfo info = Any(name, unit, value, description);
  info.minimum = minimum;
  return info;
}

ParameterInfo Positive(absl::string_view name, absl::string_view unit, double value,
                       absl::string_view description) {
  ParameterInfo info = AtLeast(0, name, unit, value, description);
  info.exclusive_minimum = true;
  return info;
}

ParameterInfo Between(double minimum, double maximum, absl::string_view name,
                      absl::string_view unit, double value, absl::string_view description) {
  ParameterInfo info = AtLeast(minimum, name, unit, value, description);
  info.maximum = maximum;
  return info;
}

ParameterInfo Whole(ParameterInfo info) {
  info.kind = NumberKind::kWhole;
  return info;
}

ParameterInfo OnGrid(ParameterInfo info) {
  info.kind = NumberKind::kGridTime;
  return info;
}

std::vector<ModelInfo> MakeModels() {
  return {
      {"iaf_psc_exp",
       ModelKind::kNeuron,
       "Leaky integrate-and-fire neuron with exponentially decaying synaptic currents, integrated "
       "exactly on the grid (Rotter and Diesmann 1999; Tsodyks, Uziel and Markram 2000).",
       {Positive("C_m", "pF", 250, "Membrane capacitance."),
        Positive("tau_m", "ms", 10, "Membrane time constant."),
        Positive("tau_syn_ex", "ms", 2, "Time constant of excitatory currents."),
        Positive("tau_syn_in", "ms", 2, "Time constant of inhibitory currents."),
        OnGrid(Between(0, 1e6, "t_ref", "ms", 2, "Absolute refractory time, on the grid.")),
        Any("E_L", "mV", -70, "Resting potential."),
        Any("V_th", "mV", -55, "Threshold; above V_reset."),
        Any("V_reset", "mV", -70, "Potential after a spike."),
        Any("I_e", "pA", 0, "Constant current."),
        Any("V_m", "mV", kFollows, "Initial membrane potential; E_L unless given."),
        Positive("tau_minus", "ms", 20, "Time constant of the neuron's trace K- for STDP.")},
       {{"V_m", "mV", "Membrane potential."},
        {"I_syn_ex", "pA", "Excitatory synaptic current."},
        {"I_syn_in", "pA", "Inhibitory synaptic current."}}},
      {"parrot_neuron",
       ModelKind::kNeuron,
       "Repeats every spike that it receives, stamped with the time of arrival, whatever the "
       "weight; a multiplicity is kept.",
       {},
       {}},
      {"dc_generator",
       ModelKind::kStimulationDevice,
       "Constant current from start to stop.",
       {Any("amplitude", "pA", 0, "Amplitude."),
        OnGrid(AtLeast(0, "start", "ms", 0, "Time at which the current begins, on the grid.")),
        OnGrid(
            Between(0, kInf, "stop", "ms", kInf, "Time at which the current ends, on the grid."))},
       {}},
      {"noise_generator",
       ModelKind::kStimulationDevice,
       "Piecewise constant Gaussian current, drawn anew every dt, independently for each target.",
       {Any("mean", "pA", 0, "Mean."), AtLeast(0, "std", "pA", 0, "Standard deviation."),
        OnGrid(Positive("dt", "ms", 1,
                        "Time between draws, on the grid; the same for all generators."))},
       {}},
      {"poisson_generator",
       ModelKind::kStimulationDevice,
       "Poisson spike trains, independent for each target; its spikes cannot be recorded.",
       {Between(0, 1e8, "rate", "Hz", 0, "Mean rate.")},
       {}},
      {"spike_generator",
       ModelKind::kStimulationDevice,
       "Emits the spikes that SetInput gives it.",
       {},
       {}},
      {"step_current_generator",
       ModelKind::kStimulationDevice,
       "Piecewise constant current that SetInput gives it.",
       {},
       {}},
      {"volume_transmitter",
       ModelKind::kVolumeTransmitter,
       "Gathers the spikes of dopamine neurons for the stdp_dopamine_synapses that name it "
       "(Potjans, Morrison and Diesmann 2010).",
       {Whole(Between(
           1, 1e6, "deliver_interval", "", 1,
           "Slices of the smallest delay from one update of the synapses to the next; whole."))},
       {}},
      {"rstdp_synapse",
       ModelKind::kSynapse,
       "Reward-modulated STDP (Wunderlich et al. 2019): static until a reward R arrives, then "
       "w += eta * trace * R with the nearest-neighbour STDP trace of the episode since the last "
       "reward.",
       {Any("eta", "", 0.7, "Learning rate."), Any("A", "pA", 36, "Amplitude of the trace."),
        Positive("tau", "ms", 64, "Time constant of the trace."),
        AtLeast(0, "saturation", "pA", 128, "Upper bound of the trace."),
        OnGrid(
            Between(-1e6, 1e6, "pre_shift", "ms", 0, "Added to the source's stamps, on the grid.")),
        Whole(Between(0, 1, "causal_only", "", 1,
                      "1: only sources that precede a target's spike count; 0: those that follow "
                      "are subtracted."))},
       {}},
      {"static_synapse", ModelKind::kSynapse, "Constant weight.", {}, {}},
      {"stdp_dopamine_synapse",
       ModelKind::kSynapse,
       "STDP modulated by dopamine (Izhikevich 2007; Potjans, Morrison and Diesmann 2010): "
       "dw/dt = c (n - b). Needs a volume transmitter.",
       {Any("A_plus", "", 1, "Amplitude of facilitation."),
        Any("A_minus", "", 1.5, "Amplitude of depression."),
        Positive("tau_plus", "ms", 20, "Time constant of the source's trace K+."),
        Positive("tau_c", "ms", 1000, "Time constant of the eligibility c."),
        Positive("tau_n", "ms", 200, "Time constant of the dopamine n."),
        Any("b", "", 0, "Baseline of dopamine."), Any("Wmin", "pA", 0, "Lower bound of weights."),
        Any("Wmax", "pA", 200, "Upper bound of weights; at least Wmin.")},
       {{"c", "", "Eligibility, as of the last event that touched the synapse."},
        {"n", "", "Dopamine, as of the last event that touched the synapse."}}},
      {"stdp_synapse",
       ModelKind::kSynapse,
       "Pair-based STDP, all pairs, with dendritic delay (Guetig et al. 2003).",
       {Positive("tau_plus", "ms", 20, "Time constant of the source's trace K+."),
        Any("lambda", "", 0.01, "Step size."),
        Any("alpha", "", 1, "Depression relative to facilitation."),
        AtLeast(0, "mu_plus", "", 1, "Exponent of facilitation."),
        AtLeast(0, "mu_minus", "", 1, "Exponent of depression."),
        Positive("Wmax", "pA", 100, "Upper bound of weights.")},
       {}},
  };
}

}  // namespace

const ParameterInfo* ModelInfo::FindParameter(absl::string_view parameter) const {
  const auto it = std::ranges::find(parameters, parameter, &ParameterInfo::name);
  return it == parameters.end() ? nullptr : &*it;
}

bool ModelInfo::HasRecordable(absl::string_view recordable) const {
  return std::ranges::find(recordables, recordable, &RecordableInfo::name) != recordables.end();
}

const std::vector<ModelInfo>& Models() {
  static const auto& models = *new std::vector<ModelInfo>(MakeModels());
  return models;
}

const ModelInfo* FindModel(absl::string_view name) {
  const auto it = std::ranges::find(Models(), name, &ModelInfo::name);
  return it == Models().end() ? nullptr : &*it;
}

}  // namespace spiked::engine
