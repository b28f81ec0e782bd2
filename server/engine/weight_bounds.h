// The parameters of a projection's synapses, and what they allow of weights.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/engine/model.h"
#include "server/engine/spec.h"

namespace spiked::engine {

// In the order of the model's table, defaults filled in. The projection's
// parameters must be numbers.
std::vector<double> SynapseParameters(const ProjectionSpec& spec, const ModelInfo& synapse);

absl::Status CheckWeightWithin(const WeightBounds& bounds, double weight, absl::string_view field);

}  // namespace spiked::engine
