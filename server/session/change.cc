// Commands that change what a session's networks are, beside creating them.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/engine/connect.h"
#include "server/engine/error.h"
#include "server/session/address.h"
#include "server/session/error.h"
#include "server/session/limits.h"
#include "server/session/machine.h"
#include "server/session/translate.h"

namespace spiked::session {
namespace {

absl::Status NoSuchSnapshot(absl::string_view name) {
  return engine::NotFound("snapshot", absl::StrCat("the session has no snapshot '", name, "'"));
}

// What a setting or query is about: a population or part of it, or a projection.
struct Target {
  Part part;
  bool population;
  std::vector<uint32_t> neurons;  // none: all
};

template <typename Message>
absl::StatusOr<Target> WholeTargetOf(engine::Simulation& simulation, const Message& message) {
  if (message.target_case() == Message::TARGET_NOT_SET) {
    return engine::InvalidField("population", "either this or a projection must be given");
  }
  const bool population = message.target_case() == Message::kPopulation;
  const char* const field = population ? "population" : "projection";
  const auto part = population ? FindPart(simulation, PartKind::kPopulation, message.population())
                               : FindPart(simulation, PartKind::kProjection, message.projection());
  if (!part.ok()) return engine::Within(field, part.status());
  return Target{.part = *part, .population = population, .neurons = {}};
}

template <typename Message>
absl::StatusOr<Target> TargetOf(engine::Simulation& simulation, const Message& message) {
  auto target = WholeTargetOf(simulation, message);
  if (!target.ok() || !message.has_neurons()) return target;
  if (!target->population) {
    return engine::InvalidField("neurons", "synapses of a projection share their parameters");
  }
  const auto selection = ToEngine(message.neurons());
  if (!selection.ok()) return engine::Within("neurons", selection.status());
  const uint32_t size = target->part.network->populations()[target->part.handle].size;
  if (auto s = engine::CheckSelection(*selection, size, "neurons"); !s.ok()) return s;
  target->neurons = engine::NeuronsOf(*selection);
  return target;
}

// Targets of one command, each of which has one setting.
class Targets {
 public:
  absl::Status Add(const Target& target) {
    if (seen_.emplace(target.part.network, target.population, target.part.handle).second) {
      return absl::OkStatus();
    }
    return engine::InvalidField(target.population ? "population" : "projection",
                                "occurs twice; the settings of one are given together");
  }

 private:
  std::set<std::tuple<const engine::Network*, bool, int>> seen_;
};

absl::Status ApplyRecording(engine::Simulation& simulation, const Target& target,
                            const engine::Recording& recording) {
  const auto [network, handle] = target.part;
  return target.population ? simulation.RecordSpikes(network, handle, recording)
                           : simulation.RecordWeights(network, handle, recording);
}

absl::Status CheckRecording(const Target& target, const engine::Recording& recording) {
  const auto [network, handle] = target.part;
  return target.population ? network->RecordSpikes(handle, recording, /*dry_run=*/true)
                           : network->RecordWeights(handle, recording, /*dry_run=*/true);
}

absl::Status ApplySetting(const Target& target, const engine::Parameters& parameters,
                          bool dry_run) {
  engine::Network& network = *target.part.network;
  if (!target.population) {
    return network.SetSynapseParameters(target.part.handle, parameters, dry_run);
  }
  return network.SetParameters(target.part.handle, parameters, dry_run, target.neurons);
}

// One number where all are equal, else a list.
void ToContract(const std::vector<double>& values, v1::Value* message) {
  if (std::ranges::all_of(values, [&](double x) { return x == values.front(); })) {
    message->set_number(values.front());
  } else {
    message->mutable_list()->mutable_values()->Assign(values.begin(), values.end());
  }
}

absl::Status ReplyTooLarge(const google::protobuf::Message& reply) {
  return engine::ReasonError(
      absl::StatusCode::kResourceExhausted, "REPLY_TOO_LARGE",
      absl::StrCat("the answer takes ", reply.ByteSizeLong(), " bytes, more than ", kMaxReplyBytes,
                   "; ask for less at a time"));
}

}  // namespace

absl::StatusOr<engine::Network*> Machine::FindNetwork(const std::string& name) {
  engine::Network* const network = simulation_->FindNetwork(name);
  if (network != nullptr) return network;
  return engine::NotFound("network", absl::StrCat("the session has no network '", name, "'"));
}

absl::Status Machine::ExtendNetwork(const v1::ExtendNetworkRequest& request, Stop& stop,
                                    v1::ExtendNetworkResponse* response) {
  const auto network = FindNetwork(request.network());
  if (!network.ok()) return network.status();
  const auto additions = ToEngine(request.additions());
  if (!additions.ok()) return engine::Within("additions", additions.status());
  const auto more = simulation_->Check(*additions, *network);
  if (!more.ok()) return engine::Within("additions", more.status());
  engine::NetworkSize size = (*network)->size();
  size.neurons += more->neurons;
  size.synapses += more->synapses;
  size.bytes += more->bytes;
  // What the answer takes is there before anything changes.
  Describe(request.network(), size, simulation_->grid().ToMs((*network)->begin()),
           response->mutable_network());
  return Add(*additions, *more, request.ByteSizeLong(), request.validate_only(), stop,
             [&](engine::Crew* crew, engine::Pace* pace) {
               absl::Status extended = simulation_->ExtendNetwork(*network, *additions, crew, pace);
               if (!extended.ok()) return engine::Within("additions", extended);
               ToContract((*network)->size(), response->mutable_network()->mutable_size());
               return absl::OkStatus();
             });
}

absl::Status Machine::DeleteNetwork(const v1::DeleteNetworkRequest& request,
                                    v1::DeleteNetworkResponse* /*response*/) {
  const auto network = FindNetwork(request.network());
  if (!network.ok()) return network.status();
  simulation_->RemoveNetwork(*network);
  UpdateSize();
  return absl::OkStatus();
}

absl::Status Machine::SetParameters(const v1::SetParametersRequest& request,
                                    v1::SetParametersResponse* response) {
  intact_ = true;
  std::vector<std::pair<Target, engine::Parameters>> settings;
  Targets seen;
  for (int k = 0; k < request.settings_size(); ++k) {
    const v1::ParameterSetting& setting = request.settings(k);
    const std::string where = absl::StrCat("settings[", k, "]");
    auto target = TargetOf(*simulation_, setting);
    if (!target.ok()) return engine::Within(where, target.status());
    if (auto s = seen.Add(*target); !s.ok()) return engine::Within(where, s);
    auto parameters = ToEngine(setting.parameters());
    if (!parameters.ok()) return engine::Within(where, parameters.status());
    if (auto s = ApplySetting(*target, *parameters, /*dry_run=*/true); !s.ok()) {
      return engine::Within(where, s);
    }
    settings.emplace_back(*std::move(target), *std::move(parameters));
  }
  intact_ = false;
  for (const auto& [target, parameters] : settings) {
    if (auto s = ApplySetting(target, parameters, /*dry_run=*/false); !s.ok()) return s;
  }
  response->set_time_ms(simulation_->now_ms());
  return absl::OkStatus();
}

absl::Status Machine::SetRecording(const v1::SetRecordingRequest& request,
                                   v1::SetRecordingResponse* response) {
  intact_ = true;
  std::vector<std::pair<Target, engine::Recording>> settings;
  Targets seen;
  for (int k = 0; k < request.settings_size(); ++k) {
    const v1::RecordingSetting& setting = request.settings(k);
    const std::string where = absl::StrCat("settings[", k, "]");
    auto target = WholeTargetOf(*simulation_, setting);
    if (!target.ok()) return engine::Within(where, target.status());
    if (auto s = seen.Add(*target); !s.ok()) return engine::Within(where, s);
    engine::Recording recording;
    if (setting.record()) {
      recording = {
          .on = true, .limit = setting.record_limit(), .window = ToEngine(setting.record_window())};
    }
    if (auto s = CheckRecording(*target, recording); !s.ok()) return engine::Within(where, s);
    const std::string& name = target->population ? setting.population() : setting.projection();
    if (auto s = CheckRecord(name, recording.on, recording.limit); !s.ok()) return s;
    settings.emplace_back(*std::move(target), recording);
  }
  intact_ = false;
  for (const auto& [target, recording] : settings) {
    if (auto s = ApplyRecording(*simulation_, target, recording); !s.ok()) return s;
  }
  response->set_time_ms(simulation_->now_ms());
  return absl::OkStatus();
}

absl::Status Machine::CutConnections(const v1::CutConnectionsRequest& request,
                                     v1::CutConnectionsResponse* response) {
  const auto part = FindPart(*simulation_, PartKind::kProjection, request.projection());
  if (!part.ok()) return engine::Within("projection", part.status());
  const auto& connections = request.connections();
  const absl::Status status = part->network->CutConnections(
      part->handle, {connections.data(), static_cast<size_t>(connections.size())});
  if (status.ok()) response->set_time_ms(simulation_->now_ms());
  return status;
}

absl::Status Machine::GetParameters(const v1::GetParametersRequest& request,
                                    v1::GetParametersResponse* response) {
  for (int k = 0; k < request.queries_size(); ++k) {
    const v1::ParameterQuery& query = request.queries(k);
    const std::string where = absl::StrCat("queries[", k, "]");
    const auto target = TargetOf(*simulation_, query);
    if (!target.ok()) return engine::Within(where, target.status());
    const std::vector<std::string> names(query.names().begin(), query.names().end());
    const engine::Network& network = *target->part.network;
    const auto values = target->population
                            ? network.GetParameters(target->part.handle, names, target->neurons)
                            : network.GetSynapseParameters(target->part.handle, names);
    if (!values.ok()) return engine::Within(where, values.status());
    auto& parameters = *response->add_values()->mutable_parameters();
    for (const engine::ParameterValues& one : *values)
      ToContract(one.values, &parameters[one.name]);
    if (response->ByteSizeLong() > kMaxReplyBytes) {
      const absl::Status error = ReplyTooLarge(*response);
      response->Clear();
      return error;
    }
  }
  response->set_time_ms(simulation_->now_ms());
  return absl::OkStatus();
}

absl::Status Machine::ResetSession(const v1::ResetSessionRequest& request, Stop& stop,
                                   v1::ResetSessionResponse* response) {
  absl::Status status;
  if (request.snapshot().empty()) {
    status = OrNothing(stop, [&](engine::Crew* crew, engine::Pace* pace) {
      return simulation_->Reset(request.to_time_0(), request.initial_weights(), crew, pace);
    });
  } else if (request.to_time_0() || request.initial_weights()) {
    status = engine::InvalidField(
        "snapshot", "cannot be joined with to_time_0 and initial_weights: it says both");
  } else if (const auto kept = snapshots_.find(request.snapshot()); kept == snapshots_.end()) {
    status = NoSuchSnapshot(request.snapshot());
  } else {
    status = Restore(kept->second.simulation.bytes(), stop.crew(kAnyThreads));
  }
  if (!status.ok()) return status;
  ++resets_.number;
  resets_.last = simulation_->now();
  response->set_time_ms(simulation_->now_ms());
  return absl::OkStatus();
}

absl::Status Machine::SnapshotSession(const v1::SnapshotSessionRequest& request,
                                      v1::SnapshotSessionResponse* response) {
  const std::string& name = request.snapshot();
  if (auto s = CheckNetworkName(name, "snapshot"); !s.ok()) return s;
  const auto before = snapshots_.find(name);
  if (request.forget()) {
    if (before == snapshots_.end()) return NoSuchSnapshot(name);
    *response->mutable_snapshot() = session::Describe(*before);
    snapshots_.erase(before);
    return absl::OkStatus();
  }
  if (before == snapshots_.end() && snapshots_.size() >= kMaxSnapshots) {
    return QuotaError("snapshots", absl::StrCat("the session has ", kMaxSnapshots,
                                                " snapshots, as many as are allowed"));
  }
  KeptState now{.time_ms = simulation_->now_ms(), .simulation = ChargedBytes(&memory_)};
  const absl::Status status =
      now.simulation.Gather([&](engine::StateSink sink) { simulation_->Save(sink); });
  if (!status.ok()) return status;
  Snapshots one;
  *response->mutable_snapshot() = session::Describe(*one.emplace(name, std::move(now)).first);
  // From here on nothing fails.
  if (before != snapshots_.end()) snapshots_.erase(before);
  snapshots_.merge(one);
  return absl::OkStatus();
}

}  // namespace spiked::session
