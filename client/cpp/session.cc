#include "client/cpp/session.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cpp/connection.h"
#include "client/cpp/copy.h"
#include "client/cpp/input.h"
#include "client/cpp/time_text.h"

namespace spiked::client {
namespace {

// So many numbers stay well below what a server takes at once.
constexpr size_t kWeightsPerRequest = 1'000'000;

using Stub = v1::SimulationService::Stub;

v1::CreateNetworkRequest NetworkRequest(const v1::PresetChoice& preset) {
  v1::CreateNetworkRequest request;
  *request.mutable_preset() = preset;
  return request;
}

v1::CreateNetworkRequest NetworkRequest(const v1::NetworkSpecification& specification) {
  v1::CreateNetworkRequest request;
  *request.mutable_specification() = specification;
  return request;
}

bool Survives(const v1::Session& session) {
  return session.durability() == v1::DURABILITY_PROCESS ||
         session.durability() == v1::DURABILITY_POWER;
}

v1::CreateNetworkRequest ValidateOnly(v1::CreateNetworkRequest request) {
  request.set_validate_only(true);
  return request;
}

}  // namespace

Session::Session(std::shared_ptr<Connection> connection, const v1::Session& session)
    : connection_(std::move(connection)), name_(session.name()), survives_(Survives(session)) {}

absl::StatusOr<v1::Session> Session::Get() {
  v1::GetSessionRequest request;
  request.set_session(name_);
  auto response = connection_->CallAbout(survives_, &Stub::GetSession, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_session());
}

absl::Status Session::Delete() {
  v1::DeleteSessionRequest request;
  request.set_session(name_);
  return connection_->CallAbout(survives_, &Stub::DeleteSession, request).status();
}

absl::Status Session::Save(const std::string& path) {
  v1::SaveSessionRequest request;
  request.set_session(name_);
  const std::string unfinished = path + ".part";
  const auto cannot_write = [&path] {
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be written"));
  };
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  if (!file) return cannot_write();
  absl::Status status = connection_->CallInParts(
      &Stub::SaveSession, request, [&](const v1::SaveSessionResponse& part) {
        file.write(part.data().data(), static_cast<std::streamsize>(part.data().size()));
      });
  file.close();
  if (status.ok() && (!file || std::rename(unfinished.c_str(), path.c_str()) != 0)) {
    status = cannot_write();
  }
  if (!status.ok()) std::remove(unfinished.c_str());
  return status;
}

absl::StatusOr<Session> Session::Fork(const CopyOptions& options) {
  v1::ForkSessionRequest request;
  request.set_session(name_);
  SetCopy(options, &request);
  const auto response = connection_->CallAbout(survives_, &Stub::ForkSession, request);
  if (!response.ok()) return response.status();
  return Session(connection_, response->session());
}

absl::StatusOr<v1::Network> Session::CreateNetwork(std::string_view network,
                                                   const v1::PresetChoice& preset) {
  return CreateNetwork(network, NetworkRequest(preset));
}

absl::StatusOr<v1::Network> Session::CreateNetwork(std::string_view network,
                                                   const v1::NetworkSpecification& specification) {
  return CreateNetwork(network, NetworkRequest(specification));
}

absl::StatusOr<v1::Network> Session::ValidateNetwork(std::string_view network,
                                                     const v1::PresetChoice& preset) {
  return CreateNetwork(network, ValidateOnly(NetworkRequest(preset)));
}

absl::StatusOr<v1::Network> Session::ValidateNetwork(
    std::string_view network, const v1::NetworkSpecification& specification) {
  return CreateNetwork(network, ValidateOnly(NetworkRequest(specification)));
}

absl::StatusOr<v1::Network> Session::CreateNetwork(std::string_view network,
                                                   v1::CreateNetworkRequest request) {
  request.set_session(name_);
  request.set_network(std::string(network));
  auto response = connection_->CallAbout(survives_, &Stub::CreateNetwork, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_network());
}

absl::StatusOr<v1::Network> Session::ExtendNetwork(std::string_view network,
                                                   const v1::NetworkSpecification& additions) {
  v1::ExtendNetworkRequest request;
  request.set_session(name_);
  request.set_network(std::string(network));
  *request.mutable_additions() = additions;
  auto response = connection_->CallAbout(survives_, &Stub::ExtendNetwork, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_network());
}

absl::Status Session::DeleteNetwork(std::string_view network) {
  v1::DeleteNetworkRequest request;
  request.set_session(name_);
  request.set_network(std::string(network));
  return connection_->CallAbout(survives_, &Stub::DeleteNetwork, request).status();
}

absl::StatusOr<v1::Network> Session::GetNetwork(std::string_view network) {
  v1::GetNetworkRequest request;
  request.set_session(name_);
  request.set_network(std::string(network));
  auto response = connection_->CallAbout(survives_, &Stub::GetNetwork, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_network());
}

absl::StatusOr<double> Session::SetInput(absl::Span<const v1::Input> inputs) {
  v1::SetInputRequest request;
  request.set_session(name_);
  request.mutable_inputs()->Add(inputs.begin(), inputs.end());
  const auto response = connection_->CallAbout(survives_, &Stub::SetInput, request);
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<double> Session::SetParameters(absl::Span<const v1::ParameterSetting> settings) {
  v1::SetParametersRequest request;
  request.set_session(name_);
  request.mutable_settings()->Add(settings.begin(), settings.end());
  const auto response = connection_->CallAbout(survives_, &Stub::SetParameters, request);
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<double> Session::SetRecording(absl::Span<const v1::RecordingSetting> settings) {
  v1::SetRecordingRequest request;
  request.set_session(name_);
  request.mutable_settings()->Add(settings.begin(), settings.end());
  const auto response = connection_->CallAbout(survives_, &Stub::SetRecording, request);
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<std::vector<v1::ParameterValues>> Session::GetParameters(
    absl::Span<const v1::ParameterQuery> queries) {
  v1::GetParametersRequest request;
  request.set_session(name_);
  request.mutable_queries()->Add(queries.begin(), queries.end());
  const auto response = connection_->CallAbout(survives_, &Stub::GetParameters, request);
  if (!response.ok()) return response.status();
  return std::vector<v1::ParameterValues>(response->values().begin(), response->values().end());
}

absl::StatusOr<double> Session::Reset(bool to_time_0, bool initial_weights) {
  v1::ResetSessionRequest request;
  request.set_session(name_);
  request.set_to_time_0(to_time_0);
  request.set_initial_weights(initial_weights);
  const auto response = connection_->CallAbout(survives_, &Stub::ResetSession, request);
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<v1::Snapshot> Session::TakeSnapshot(std::string_view name) {
  v1::SnapshotSessionRequest request;
  request.set_session(name_);
  request.set_snapshot(std::string(name));
  const auto response = connection_->CallAbout(survives_, &Stub::SnapshotSession, request);
  if (!response.ok()) return response.status();
  return response->snapshot();
}

absl::StatusOr<double> Session::ResetTo(std::string_view snapshot) {
  v1::ResetSessionRequest request;
  request.set_session(name_);
  request.set_snapshot(std::string(snapshot));
  const auto response = connection_->CallAbout(survives_, &Stub::ResetSession, request);
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::Status Session::ForgetSnapshot(std::string_view name) {
  v1::SnapshotSessionRequest request;
  request.set_session(name_);
  request.set_snapshot(std::string(name));
  request.set_forget(true);
  return connection_->CallAbout(survives_, &Stub::SnapshotSession, request).status();
}

absl::StatusOr<double> Session::ApplyReward(std::string_view target, double value) {
  v1::ApplyRewardRequest request;
  request.set_session(name_);
  *request.add_rewards() = MakeReward(target, value);
  const auto response = connection_->CallAbout(survives_, &Stub::ApplyReward, request);
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<v1::StepResponse> Session::Step(v1::StepRequest request, absl::Duration timeout,
                                               Incomplete incomplete) {
  request.set_session(name_);
  auto response = connection_->CallAbout(survives_, &Stub::Step, request, timeout);
  if (!response.ok() || incomplete == Incomplete::kAccept) return response;
  if (auto status = CheckComplete(*response); !status.ok()) return status;
  return response;
}

absl::StatusOr<v1::StepResponse> Session::Step(double duration_ms, absl::Duration timeout) {
  v1::StepRequest request;
  request.set_duration_ms(duration_ms);
  return Step(std::move(request), timeout);
}

StepStream Session::OpenStepStream(Incomplete incomplete) {
  return StepStream(connection_, name_, survives_, incomplete);
}

absl::StatusOr<v1::Session> Session::Share(absl::Span<const v1::Share> shares) {
  v1::ShareSessionRequest request;
  request.set_session(name_);
  request.mutable_shares()->Add(shares.begin(), shares.end());
  auto response = connection_->CallAbout(survives_, &Stub::ShareSession, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_session());
}

client::Watch Session::Watch(const v1::Readout& readout, double max_rate_hz) {
  v1::WatchSessionRequest request;
  request.set_session(name_);
  *request.mutable_readout() = readout;
  request.set_max_rate_hz(max_rate_hz);
  return {connection_, request};
}

absl::StatusOr<bool> Session::Halt() {
  v1::HaltSessionRequest request;
  request.set_session(name_);
  const auto response = connection_->CallAbout(survives_, &Stub::HaltSession, request);
  if (!response.ok()) return response.status();
  return response->stepping();
}

absl::StatusOr<Spikes> Session::GetSpikes(std::string_view population, double after_ms,
                                          std::optional<double> until_ms, Incomplete incomplete) {
  v1::GetSpikesRequest request;
  request.set_session(name_);
  request.set_population(std::string(population));
  request.set_after_ms(after_ms);
  if (until_ms) request.set_until_ms(*until_ms);
  Spikes spikes;
  do {
    const auto page = connection_->CallAbout(survives_, &Stub::GetSpikes, request);
    if (!page.ok()) return page.status();
    Append(page->spikes(), &spikes);
    if (incomplete == Incomplete::kRefuse) {
      auto status = CheckComplete(absl::StrCat("spikes of ", request.population()), after_ms,
                                  spikes.complete_after_ms);
      if (!status.ok()) return status;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return spikes;
}

absl::StatusOr<WeightRecord> Session::GetWeightRecord(std::string_view projection, double after_ms,
                                                      std::optional<double> until_ms,
                                                      Incomplete incomplete) {
  v1::GetWeightRecordRequest request;
  request.set_session(name_);
  request.set_projection(std::string(projection));
  request.set_after_ms(after_ms);
  if (until_ms) request.set_until_ms(*until_ms);
  WeightRecord record;
  do {
    const auto page = connection_->CallAbout(survives_, &Stub::GetWeightRecord, request);
    if (!page.ok()) return page.status();
    Append(page->record(), &record);
    if (incomplete == Incomplete::kRefuse) {
      auto status = CheckComplete(absl::StrCat("weights transmitted by ", request.projection()),
                                  after_ms, record.complete_after_ms);
      if (!status.ok()) return status;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return record;
}

absl::StatusOr<double> Session::CutConnections(std::string_view projection,
                                               absl::Span<const uint64_t> connections) {
  v1::CutConnectionsRequest request;
  request.set_session(name_);
  request.set_projection(std::string(projection));
  request.mutable_connections()->Add(connections.begin(), connections.end());
  const auto response = connection_->CallAbout(survives_, &Stub::CutConnections, request);
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<Signals> Session::GetSignals(std::string_view multimeter, double after_ms,
                                            std::optional<double> until_ms, Incomplete incomplete) {
  v1::GetSignalsRequest request;
  request.set_session(name_);
  request.set_multimeter(std::string(multimeter));
  request.set_after_ms(after_ms);
  if (until_ms) request.set_until_ms(*until_ms);
  Signals signals;
  do {
    const auto page = connection_->CallAbout(survives_, &Stub::GetSignals, request);
    if (!page.ok()) return page.status();
    Append(page->signals(), &signals);
    if (incomplete == Incomplete::kRefuse) {
      auto status = CheckComplete(absl::StrCat("samples of ", request.multimeter()), after_ms,
                                  signals.complete_after_ms);
      if (!status.ok()) return status;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return signals;
}

absl::StatusOr<Weights> Session::GetWeights(std::string_view projection,
                                            absl::Span<const std::string> variables) {
  v1::ReadWeightsRequest request;
  request.set_session(name_);
  request.add_projections(std::string(projection));
  for (const std::string& variable : variables) request.add_variables(variable);
  Attempts attempts(connection_->reconnect_for());
  for (;;) {
    Weights weights;
    const absl::Status status = connection_->CallInParts(&Stub::ReadWeights, request,
                                                         [&](const v1::ReadWeightsResponse& part) {
                                                           Append(part.weights(), &weights);
                                                           weights.time_ms = part.time_ms();
                                                         });
    if (status.ok()) return weights;
    if (!survives_ || !attempts.Again(status)) return status;
  }
}

absl::StatusOr<double> Session::SetWeights(std::string_view projection,
                                           absl::Span<const double> weights) {
  absl::StatusOr<v1::SetWeightsResponse> response;
  for (size_t first = 0; first == 0 || first < weights.size(); first += kWeightsPerRequest) {
    v1::SetWeightsRequest request;
    const auto part = weights.subspan(first, kWeightsPerRequest);
    *request.mutable_weights() = Numbers(part);
    if (part.size() < weights.size()) request.set_first(first);
    response = SetWeights(projection, std::move(request));
    if (!response.ok()) return response.status();
  }
  if (response->connections() != weights.size()) {
    return absl::InvalidArgumentError(absl::StrCat(weights.size(), " weights were given to the ",
                                                   response->connections(), " connections of ",
                                                   std::string(projection)));
  }
  return response->time_ms();
}

absl::StatusOr<double> Session::SetWeights(std::string_view projection, double weight) {
  v1::SetWeightsRequest request;
  *request.mutable_weights() = Number(weight);
  const auto response = SetWeights(projection, std::move(request));
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<double> Session::SetWeights(std::string_view projection,
                                           absl::Span<const uint64_t> connections,
                                           absl::Span<const double> weights) {
  v1::SetWeightsRequest request;
  request.mutable_connections()->Add(connections.begin(), connections.end());
  *request.mutable_weights() = Numbers(weights);
  const auto response = SetWeights(projection, std::move(request));
  if (!response.ok()) return response.status();
  return response->time_ms();
}

absl::StatusOr<v1::SetWeightsResponse> Session::SetWeights(std::string_view projection,
                                                           v1::SetWeightsRequest request) {
  request.set_session(name_);
  request.set_projection(std::string(projection));
  return connection_->CallAbout(survives_, &Stub::SetWeights, request);
}

}  // namespace spiked::client
