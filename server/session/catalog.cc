#include "server/session/catalog.h"

#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "server/engine/model.h"
#include "server/presets/preset.h"

namespace spiked::session {
namespace {

v1::ModelKind ToContract(engine::ModelKind kind) {
  switch (kind) {
    case engine::ModelKind::kNeuron:
      return v1::MODEL_KIND_NEURON;
    case engine::ModelKind::kStimulationDevice:
      return v1::MODEL_KIND_STIMULATION_DEVICE;
    case engine::ModelKind::kVolumeTransmitter:
      return v1::MODEL_KIND_VOLUME_TRANSMITTER;
    case engine::ModelKind::kSynapse:
      return v1::MODEL_KIND_SYNAPSE;
  }
  return v1::MODEL_KIND_UNSPECIFIED;
}

void ToContract(const presets::OptionValue& value, google::protobuf::Value* message) {
  if (const bool* flag = std::get_if<bool>(&value)) {
    message->set_bool_value(*flag);
  } else if (const double* number = std::get_if<double>(&value)) {
    message->set_number_value(*number);
  } else {
    message->set_string_value(std::get<std::string>(value));
  }
}

}  // namespace

absl::Status ListModels(const v1::ListModelsRequest& /*request*/,
                        v1::ListModelsResponse* response) {
  for (const engine::ModelInfo& model : engine::Models()) {
    v1::Model* out = response->add_models();
    out->set_name(std::string(model.name));
    out->set_kind(ToContract(model.kind));
    out->set_description(std::string(model.description));
    for (const engine::ParameterInfo& parameter : model.parameters) {
      v1::ModelParameter* message = out->add_parameters();
      message->set_name(std::string(parameter.name));
      message->set_unit(std::string(parameter.unit));
      message->set_default_value(parameter.default_value);
      message->set_description(std::string(parameter.description));
    }
    for (const engine::RecordableInfo& recordable : model.recordables) {
      v1::Recordable* message = out->add_recordables();
      message->set_name(std::string(recordable.name));
      message->set_unit(std::string(recordable.unit));
      message->set_description(std::string(recordable.description));
    }
  }
  return absl::OkStatus();
}

absl::Status ListPresets(const v1::ListPresetsRequest& /*request*/,
                         v1::ListPresetsResponse* response) {
  for (const presets::PresetInfo& preset : presets::Presets()) {
    v1::Preset* out = response->add_presets();
    out->set_name(std::string(preset.name));
    out->set_description(std::string(preset.description));
    for (const presets::OptionInfo& option : preset.options) {
      v1::PresetOption* message = out->add_options();
      message->set_name(std::string(option.name));
      message->set_description(std::string(option.description));
      ToContract(option.default_value, message->mutable_default_value());
    }
  }
  return absl::OkStatus();
}

}  // namespace spiked::session
