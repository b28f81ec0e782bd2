#include "server/rpc/catalog_service.h"

#include <chrono>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "server/engine/instruction_set.h"
#include "server/engine/model.h"
#include "server/presets/preset.h"

namespace spiked::rpc {
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

grpc::Status CatalogService::ListModels(grpc::ServerContext* context,
                                        const v1::ListModelsRequest* request,
                                        v1::ListModelsResponse* response) {
  instance_.Announce(context);
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
  return grpc::Status::OK;
}

grpc::Status CatalogService::ListPresets(grpc::ServerContext* context,
                                         const v1::ListPresetsRequest* request,
                                         v1::ListPresetsResponse* response) {
  instance_.Announce(context);
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
  return grpc::Status::OK;
}

grpc::Status CatalogService::GetServerInfo(grpc::ServerContext* context,
                                           const v1::GetServerInfoRequest* request,
                                           v1::GetServerInfoResponse* response) {
  instance_.Announce(context);
  response->set_version(SPIKED_VERSION);
  response->set_instance_id(instance_.id);
  response->mutable_start_time()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(instance_.start_time.time_since_epoch())
          .count());
  response->set_instruction_set(engine::InstructionSet());
  v1::ServerLimits* limits = response->mutable_limits();
  limits->set_max_sessions(limits_.max_sessions);
  limits->set_max_neurons(limits_.max_neurons);
  limits->set_max_synapses(limits_.max_synapses);
  limits->set_max_memory_bytes(limits_.max_memory_bytes);
  limits->set_max_step_ms(limits_.max_step_ms);
  limits->set_max_request_bytes(kMaxRequestBytes);
  limits->set_max_waiting_commands(limits_.max_waiting_commands);
  return grpc::Status::OK;
}

}  // namespace spiked::rpc
