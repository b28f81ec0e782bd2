// The catalogue of models: what each is called, what parameters it has, what
// can be recorded from it. Checking a specification, filling in defaults and
// ListModels all read this one table.
#pragma once

#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/spec.h"
#include "server/engine/time.h"

namespace spiked::engine {

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
};

struct RecordableInfo {
  absl::string_view name;
  absl::string_view unit;
  absl::string_view description;
};

struct ModelInfo {
  absl::string_view name;
  ModelKind kind;
  absl::string_view description;
  std::vector<ParameterInfo> parameters;
  std::vector<RecordableInfo> recordables;

  const ParameterInfo* FindParameter(absl::string_view parameter) const;
  bool HasRecordable(absl::string_view recordable) const;
};

// Checks a number for a parameter against its kind, its bounds and, where it is
// a grid time, the grid. `field` names it in the error.
absl::Status CheckParameterNumber(double x, const ParameterInfo& info, const Grid& grid,
                                  absl::string_view field);

// All models, ordered by kind and name.
const std::vector<ModelInfo>& Models();

// The model of that name, or null.
const ModelInfo* FindModel(absl::string_view name);

}  // namespace spiked::engine
