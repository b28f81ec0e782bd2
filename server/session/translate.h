// Translates between the contract's messages and the engine's specification.
// Only what a message can say and a specification cannot is an error here;
// everything else is for the engine to check.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/struct.pb.h"
#include "server/engine/spec.h"
#include "server/presets/preset.h"
#include "spiked/v1/network.pb.h"

namespace spiked::session {

using ValueMap = google::protobuf::Map<std::string, v1::Value>;

// INVALID_ARGUMENT, with an empty field or one below it, if nothing is set.
absl::StatusOr<engine::Value> ToEngine(const v1::Value& value);

// INVALID_ARGUMENT, with an empty field, if nothing is set.
absl::StatusOr<engine::Selection> ToEngine(const v1::NeuronSelection& selection);

engine::RecordWindow ToEngine(const v1::RecordWindow& message);

// Errors have fields such as `parameters[tau_m]`.
absl::StatusOr<engine::Parameters> ToEngine(const ValueMap& parameters);

// Errors have fields such as `populations[2].parameters[tau_m]`.
absl::StatusOr<engine::NetworkSpec> ToEngine(const v1::NetworkSpecification& specification);

// Errors have fields such as `preset.options[noise]`.
absl::StatusOr<presets::Options> ToOptions(const google::protobuf::Struct& options);

void ToContract(const engine::NetworkSpec& spec, v1::NetworkSpecification* specification);
void ToContract(const engine::NetworkSize& size, v1::NetworkSize* message);

}  // namespace spiked::session
