// The catalogue of models: what each is called, what parameters it has, what can
// be recorded from it, and what it does. A model is one file of models/; checks,
// defaults, building, stepping and ListModels all read what stands there, and
// nothing else knows a model by its name.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/spec.h"
#include "server/engine/time.h"

namespace spiked::engine {

struct NeuronModel;
class CurrentDevices;
struct CurrentContext;
class SynapseRule;
struct RuleContext;

enum class ModelKind { kNeuron, kStimulationDevice, kVolumeTransmitter, kSynapse };

// Which numbers a parameter may be.
enum class NumberKind { kReal, kWhole, kGridTime };

struct ParameterInfo {
  absl::string_view name;
  absl::string_view unit;  // empty: dimensionless
  double default_value;    // NaN: follows another parameter, as described
  absl::string_view description;
  double minimum = std::numeric_limits<double>::lowest();
  double maximum = std::numeric_limits<double>::max();
  bool exclusive_minimum = false;  // must be greater than the minimum
  NumberKind kind = NumberKind::kReal;
  absl::string_view follows = "";  // whose value is the default
  bool one_for_all = false;        // a single number, the same for the whole population
  bool fixed = false;              // cannot change while the network runs
};

struct RecordableInfo {
  absl::string_view name;
  absl::string_view unit;
  absl::string_view description;
};

// What a population sends along its connections.
enum class Emission {
  kNothing,
  kSpikes,         // each of its neurons, to all that it connects to
  kPoissonSpikes,  // drawn for each connection by itself
  kCurrents,
};

// What a command may give to a population of devices.
enum class Input { kNone, kSpikeTrains, kCurrentSteps, kParameters };

// One value for each parameter of a model, in the order of its table.
using ParameterRow = std::span<const double>;

// Weights that a plastic synapse may have.
struct WeightBounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

// What a synapse model does beside adding its weight; see synapse_rule.h.
struct SynapseModel {
  std::unique_ptr<SynapseRule> (*make)(const RuleContext& context) = nullptr;
  bool on_arrival = false;         // acts when a source's spike is handed out
  bool on_emission = false;        // acts when a source or target has fired
  bool reads_history = false;      // needs the targets' spikes and traces K-
  bool needs_transmitter = false;  // names a volume transmitter
  WeightBounds (*bounds)(ParameterRow values) = nullptr;
};

struct ModelInfo {
  absl::string_view name;
  ModelKind kind;
  absl::string_view description;
  std::vector<ParameterInfo> parameters = {};
  std::vector<RecordableInfo> recordables = {};

  Emission emission = Emission::kNothing;
  bool receives_spikes = false;
  bool repeats_spikes = false;  // a relay: emits what arrives, when it arrives
  bool mirrors = false;         // emits what a population of another network emits
  Input input = Input::kNone;
  // Checks across parameters, of one neuron, device or projection; NaN stands
  // for a value that is not known yet. Errors have fields `parameters[name]`.
  absl::Status (*check)(ParameterRow values) = nullptr;
  const NeuronModel* neuron = nullptr;
  std::unique_ptr<CurrentDevices> (*make_currents)(const CurrentContext& context) = nullptr;
  SynapseModel synapse = {};

  const ParameterInfo* FindParameter(absl::string_view parameter) const;
  size_t IndexOf(absl::string_view parameter) const;  // of one that it has
  // INVALID_ARGUMENT about the field where there is no such parameter.
  absl::Status NoSuchParameter(absl::string_view parameter, absl::string_view field) const;
  bool HasRecordable(absl::string_view recordable) const;
  // INVALID_ARGUMENT about the field unless it has the recordable.
  absl::Status CheckRecordable(absl::string_view recordable, absl::string_view field) const;
  size_t IndexOfRecordable(absl::string_view recordable) const;
};

// Checks a number for a parameter against its kind, its bounds and, where it is
// a grid time, the grid. `field` names it in the error.
absl::Status CheckParameterNumber(double x, const ParameterInfo& info, const Grid& grid,
                                  absl::string_view field);

// All models, ordered by kind and name.
const std::vector<ModelInfo>& Models();

// The model of that name, or null.
const ModelInfo* FindModel(absl::string_view name);

// The synapse model of projections that name none: it does nothing beside adding
// its weight, and so takes any source and target.
const ModelInfo& PlainSynapse();

// How models describe their parameters.
namespace parameter {
ParameterInfo Any(absl::string_view name, absl::string_view unit, double value,
                  absl::string_view description);
ParameterInfo AtLeast(double minimum, absl::string_view name, absl::string_view unit, double value,
                      absl::string_view description);
ParameterInfo Positive(absl::string_view name, absl::string_view unit, double value,
                       absl::string_view description);
ParameterInfo Between(double minimum, double maximum, absl::string_view name,
                      absl::string_view unit, double value, absl::string_view description);
ParameterInfo Whole(ParameterInfo info);
ParameterInfo OnGrid(ParameterInfo info);
// Infinity of the sign that its bounds leave open is allowed, too.
ParameterInfo MayBeInfinite(double infinity, ParameterInfo info);
ParameterInfo Follows(absl::string_view other, ParameterInfo info);
ParameterInfo OneForAll(ParameterInfo info);
ParameterInfo Fixed(ParameterInfo info);
}  // namespace parameter

}  // namespace spiked::engine
