#include "server/session/input_plan.h"

#include <string>
#include <variant>

#include "absl/strings/match.h"
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
    if (absl::Status status = PlanReward(k, rewards[k]); !status.ok()) {
      return engine::Within(absl::StrCat("rewards[", k, "]"), status);
    }
  }
  for (int k = 0; k < inputs.size(); ++k) {
    if (absl::Status status = PlanInput(k, inputs[k]); !status.ok()) {
      return engine::Within(absl::StrCat("inputs[", k, "]"), status);
    }
  }
  return CheckMemory();
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
    if (absl::Status status = Carry(input, engine::Pass::kApply); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Part>> InputPlan::FindRewarded(absl::string_view target) {
  if (absl::StrContains(target, '/')) {
    const auto part = FindPart(simulation_, PartKind::kProjection, target);
    if (!part.ok()) return part.status();
    return std::vector<Part>{*part};
  }
  engine::Network* const network = simulation_.FindNetwork(target);
  if (network == nullptr) {
    return engine::NotFound("", absl::StrCat("the session has no network '", target, "'"));
  }
  std::vector<Part> parts;
  const auto& projections = network->projections();
  for (size_t k = 0; k < projections.size(); ++k) {
    if (!projections[k].rewarded) continue;
    parts.push_back({.network = network, .handle = static_cast<int>(k)});
  }
  if (!parts.empty()) return parts;
  return engine::FieldError(
      absl::StatusCode::kFailedPrecondition, "NOT_REWARDED", "",
      absl::StrCat("network '", target, "' has no projection that rewards change"));
}

absl::Status InputPlan::PlanReward(int k, const v1::Reward& reward) {
  const auto parts =
      rewarded_.At(simulation_, k, reward.target(),
                   [this](absl::string_view target) { return FindRewarded(target); });
  if (!parts.ok()) return engine::Within("target", parts.status());
  for (const Part& part : **parts) {
    rewards_.push_back({.projection = part, .value = reward.value()});
    absl::Status status =
        part.network->ApplyReward(part.handle, reward.value(), engine::Pass::kCheck);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status InputPlan::PlanInput(int k, const v1::Input& input) {
  const auto found =
      given_.At(simulation_, k, input.population(), [this](absl::string_view address) {
        return FindPart(simulation_, PartKind::kPopulation, address);
      });
  if (!found.ok()) return engine::Within("population", found.status());
  const Part& part = **found;
  if (!populations_.insert({part.network, part.handle}).second) {
    return engine::InvalidField("population", "is given two inputs at once");
  }
  if (input.kind_case() == v1::Input::KIND_NOT_SET) {
    return engine::InvalidField(
        "", "one of spike_trains, current_steps and device_parameters must be set");
  }
  PlannedInput& planned = inputs_.emplace_back();
  planned.population = part;
  planned.message = &input;
  absl::Status status;
  if (input.has_spike_trains()) {
    status = PlanTimes(input.spike_trains().times_ms(), input.relative(), planned);
  } else if (input.has_current_steps()) {
    status = PlanTimes(input.current_steps().times_ms(), input.relative(), planned);
  } else {
    status = PlanParameters(input.device_parameters(), input.relative(), planned);
  }
  if (status.ok()) status = Carry(planned, engine::Pass::kCheck);
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

absl::Status InputPlan::Carry(const PlannedInput& input, engine::Pass pass) {
  engine::Network& network = *input.population.network;
  const int handle = input.population.handle;
  const auto times = std::span(times_).subspan(input.first_time, input.times);
  const auto as_span = [](const auto& field) { return std::span(field.data(), field.size()); };
  if (input.message->has_spike_trains()) {
    const auto& trains = input.message->spike_trains();
    return network.SetSpikeTrains(handle, as_span(trains.senders()), times,
                                  as_span(trains.multiplicities()), pass);
  }
  if (input.message->has_current_steps()) {
    const auto& steps = input.message->current_steps();
    return network.SetCurrentSteps(handle, as_span(steps.senders()), times,
                                   as_span(steps.amplitudes_pa()), pass);
  }
  return network.SetDeviceParameters(handle, input.parameters, pass == engine::Pass::kCheck);
}

// What is applied must not fail for want of memory: there should be enough for
// what the engine will hold.
absl::Status InputPlan::CheckMemory() const {
  const uint64_t bytes = kBytesPerEntry * times_.size();
  return bytes <= budget_.left() ? absl::OkStatus() : budget_.Spent(bytes);
}

}  // namespace spiked::session
