#include "server/session/input_plan.h"

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/session/time_field.h"
#include "server/session/translate.h"

namespace spiked::session {
namespace {

// The engine holds a stamp with sender and multiplicity, or a time with an
// amplitude, in vectors that grow by doubling.
constexpr uint64_t kBytesPerEntry = 48;
constexpr uint64_t kSmallInputBytes = 4096;

absl::Status NegativeTime(absl::string_view field) {
  return engine::InvalidField(field, "must not be negative");
}

// The field that is set.
absl::string_view KindOf(const v1::Input& input) {
  switch (input.kind_case()) {
    case v1::Input::kSpikeTrains:
      return "spike_trains";
    case v1::Input::kCurrentSteps:
      return "current_steps";
    case v1::Input::kDeviceParameters:
      return "device_parameters";
    case v1::Input::KIND_NOT_SET:
      break;
  }
  return "";
}

}  // namespace

absl::Status InputPlan::Check(const Rewards& rewards, const Inputs& inputs) {
  rewards_.clear();
  prepared_ = 0;
  inputs_.clear();
  times_.clear();
  populations_.clear();
  for (int k = 0; k < rewards.size(); ++k) {
    if (absl::Status status = PlanReward(rewards[k]); !status.ok()) {
      return engine::Within(absl::StrCat("rewards[", k, "]"), status);
    }
  }
  for (int k = 0; k < inputs.size(); ++k) {
    if (absl::Status status = PlanInput(inputs[k]); !status.ok()) {
      return engine::Within(absl::StrCat("inputs[", k, "]"), status);
    }
  }
  return ChargeMemory();
}

bool InputPlan::PrepareRewards(engine::Pace* pace) {
  for (; prepared_ < rewards_.size(); ++prepared_) {
    const auto& [projection, value] = rewards_[prepared_];
    if (!projection.network->PrepareReward(projection.handle, value, pace)) return false;
  }
  return true;
}

void InputPlan::DropRewards() {
  for (const auto& [projection, value] : rewards_) {
    projection.network->DropReward(projection.handle);
  }
  prepared_ = 0;
}

absl::Status InputPlan::Apply() {
  for (const PlannedReward& reward : rewards_) {
    reward.projection.network->CommitReward(reward.projection.handle);
  }
  for (const PlannedInput& input : inputs_) {
    if (absl::Status status = Carry(input, /*dry_run=*/false); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status InputPlan::PlanReward(const v1::Reward& reward) {
  const size_t first = rewards_.size();
  if (reward.target().find('/') != std::string::npos) {
    const auto part = FindPart(simulation_, PartKind::kProjection, reward.target());
    if (!part.ok()) return engine::Within("target", part.status());
    rewards_.push_back({.projection = *part, .value = reward.value()});
  } else {
    engine::Network* const network = simulation_.FindNetwork(reward.target());
    if (network == nullptr) {
      return engine::NotFound("target",
                              absl::StrCat("the session has no network '", reward.target(), "'"));
    }
    const auto& projections = network->projections();
    for (size_t k = 0; k < projections.size(); ++k) {
      if (!projections[k].rewarded) continue;
      rewards_.push_back({.projection = {.network = network, .handle = static_cast<int>(k)},
                          .value = reward.value()});
    }
    if (rewards_.size() == first) {
      return engine::FieldError(
          absl::StatusCode::kFailedPrecondition, "NOT_REWARDED", "target",
          absl::StrCat("network '", reward.target(), "' has no projection that rewards change"));
    }
  }
  for (size_t k = first; k < rewards_.size(); ++k) {
    const auto& [projection, value] = rewards_[k];
    const absl::Status status =
        projection.network->ApplyReward(projection.handle, value, /*dry_run=*/true);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status InputPlan::PlanInput(const v1::Input& input) {
  const auto part = FindPart(simulation_, PartKind::kPopulation, input.population());
  if (!part.ok()) return engine::Within("population", part.status());
  if (!populations_.insert({part->network, part->handle}).second) {
    return engine::InvalidField("population", "is given two inputs at once");
  }
  if (input.kind_case() == v1::Input::KIND_NOT_SET) {
    return engine::InvalidField(
        "", "one of spike_trains, current_steps and device_parameters must be set");
  }
  PlannedInput& planned = inputs_.emplace_back();
  planned.population = *part;
  planned.message = &input;
  absl::Status status;
  if (input.has_spike_trains()) {
    status = PlanTimes(input.spike_trains().times_ms(), input.relative(), planned);
  } else if (input.has_current_steps()) {
    status = PlanTimes(input.current_steps().times_ms(), input.relative(), planned);
  } else {
    status = PlanParameters(input.device_parameters(), input.relative(), planned);
  }
  if (status.ok()) status = Carry(planned, /*dry_run=*/true);
  return engine::Within(KindOf(input), status);
}

absl::Status InputPlan::PlanTimes(const google::protobuf::RepeatedField<double>& times_ms,
                                  bool relative, PlannedInput& planned) {
  const engine::Grid& grid = simulation_.grid();
  const engine::Step origin = relative ? simulation_.now() : 0;
  planned.first_time = times_.size();
  planned.times = static_cast<size_t>(times_ms.size());
  for (int k = 0; k < times_ms.size(); ++k) {
    const auto time = grid.ToSteps(times_ms[k]);
    if (!time || *time < 0) return NotATime(times_ms[k], grid, absl::StrCat("times_ms[", k, "]"));
    times_.push_back(origin + *time);
  }
  return absl::OkStatus();
}

absl::Status InputPlan::PlanParameters(const v1::DeviceParameters& message, bool relative,
                                       PlannedInput& planned) {
  auto parameters = ToEngine(message.parameters());
  if (!parameters.ok()) return parameters.status();
  planned.parameters = *std::move(parameters);
  if (!relative) return absl::OkStatus();

  const engine::Grid& grid = simulation_.grid();
  // A time off the grid stays off it, for the engine to find.
  const auto shift = [&](double& ms) {
    if (ms < 0) return false;
    const auto steps = grid.ToSteps(ms);
    ms = steps ? grid.ToMs(*steps + simulation_.now()) : ms + simulation_.now_ms();
    return true;
  };
  // The times that count from now; others count from them.
  std::vector<absl::string_view> from_now = {"start", "stop"};
  if (planned.parameters.contains("origin")) {
    from_now = {"origin"};
  } else if (planned.parameters.contains("start") || planned.parameters.contains("stop")) {
    planned.parameters["origin"] = 0.0;
  }
  for (const absl::string_view name : from_now) {
    const auto entry = planned.parameters.find(std::string(name));
    if (entry == planned.parameters.end()) continue;
    const std::string field = absl::StrCat("parameters[", name, "]");
    if (double* number = std::get_if<double>(&entry->second)) {
      if (!shift(*number)) return NegativeTime(field);
    } else if (auto* list = std::get_if<std::vector<double>>(&entry->second)) {
      for (size_t k = 0; k < list->size(); ++k) {
        if (!shift((*list)[k])) return NegativeTime(absl::StrCat(field, ".list.values[", k, "]"));
      }
    } else {
      return engine::InvalidField(field, "a time that is drawn cannot count from now");
    }
  }
  return absl::OkStatus();
}

absl::Status InputPlan::Carry(const PlannedInput& input, bool dry_run) {
  engine::Network& network = *input.population.network;
  const int handle = input.population.handle;
  const auto times = std::span(times_).subspan(input.first_time, input.times);
  const auto as_span = [](const auto& field) { return std::span(field.data(), field.size()); };
  if (input.message->has_spike_trains()) {
    const auto& trains = input.message->spike_trains();
    return network.SetSpikeTrains(handle, as_span(trains.senders()), times,
                                  as_span(trains.multiplicities()), dry_run);
  }
  if (input.message->has_current_steps()) {
    const auto& steps = input.message->current_steps();
    return network.SetCurrentSteps(handle, as_span(steps.senders()), times,
                                   as_span(steps.amplitudes_pa()), dry_run);
  }
  return network.SetDeviceParameters(handle, input.parameters, dry_run);
}

// The last of the checks: it takes what it has checked.
absl::Status InputPlan::ChargeMemory() {
  uint64_t bytes = memory_.bytes();
  for (const PlannedInput& input : inputs_) {
    const auto known = large_inputs_.find(Key(input.population.network, input.population.handle));
    if (known != large_inputs_.end()) bytes -= known->second;
    const uint64_t input_bytes = input.times * kBytesPerEntry;
    if (input_bytes > kSmallInputBytes) bytes += input_bytes;
  }
  if (bytes == memory_.bytes() && large_inputs_.empty()) return absl::OkStatus();
  if (absl::Status status = memory_.Resize(bytes); !status.ok()) return status;
  for (const PlannedInput& input : inputs_) {
    const Key key(input.population.network, input.population.handle);
    const uint64_t input_bytes = input.times * kBytesPerEntry;
    if (input_bytes > kSmallInputBytes) {
      large_inputs_[key] = input_bytes;
    } else {
      large_inputs_.erase(key);
    }
  }
  return absl::OkStatus();
}

}  // namespace spiked::session
