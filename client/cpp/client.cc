#include "client/cpp/client.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/connection.h"
#include "client/cpp/copy.h"
#include "client/cpp/error.h"
#include "client/cpp/saved_session.h"

namespace spiked::client {
namespace {

// Pause between attempts to connect. The channel has its own, longer pauses;
// this one only decides how soon its success is seen.
constexpr absl::Duration kConnectPause = absl::Milliseconds(10);

// So long a server takes to be there again that is started at once.
constexpr absl::Duration kRestart = absl::Seconds(5);

template <typename T>
std::vector<T> Take(google::protobuf::RepeatedPtrField<T>* items) {
  return {std::make_move_iterator(items->begin()), std::make_move_iterator(items->end())};
}

// The error of a first call, with the address at which it was met.
absl::Status AtAddress(const absl::Status& status, const std::string& address) {
  // This one names the address.
  if (absl::IsUnavailable(status)) return status;
  // A spiked server answers, but refuses.
  if (!GetErrorDetails(status).reason.empty()) {
    return Reworded(status, absl::StrCat(address, ": ", status.message()));
  }
  absl::string_view advice;
  if (absl::IsUnimplemented(status)) advice = " (is it a spiked server?)";
  return absl::Status(status.code(), absl::StrCat("no spiked server answers at ", address, advice,
                                                  ": ", status.message()));
}

}  // namespace

Client::Client(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

absl::StatusOr<Client> Client::Connect(const std::string& address, absl::Duration timeout,
                                       const ClientOptions& options) {
  if (address.empty()) return absl::InvalidArgumentError("the address of the server is empty");
  const auto credentials = CredentialsOf(address, options);
  if (!credentials.ok()) return credentials.status();
  auto connection = std::make_shared<Connection>(address, options, *credentials);
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const auto info =
        connection->Call(&v1::CatalogService::Stub::GetServerInfo, v1::GetServerInfoRequest(),
                         std::max(deadline - absl::Now(), absl::Milliseconds(1)));
    if (info.ok()) return Client(std::move(connection));
    if (!absl::IsUnavailable(info.status()) || absl::Now() + kConnectPause >= deadline) {
      return AtAddress(info.status(), address);
    }
    absl::SleepFor(kConnectPause);
  }
}

const std::string& Client::address() const { return connection_->address(); }

std::string Client::instance() const { return connection_->instance(); }

absl::StatusOr<Session> Client::CreateSession(const SessionOptions& options) {
  v1::CreateSessionRequest request;
  request.set_session_id(options.id);
  request.set_display_name(options.display_name);
  if (options.ttl) Set(request.mutable_ttl(), *options.ttl);
  request.set_resolution_ms(options.resolution_ms);
  if (options.seed) request.set_seed(*options.seed);
  request.set_durability(options.durability);
  request.mutable_labels()->insert(options.labels.begin(), options.labels.end());
  // Whether it is to survive is not known yet.
  auto response = connection_->CallPatiently(std::min(kRestart, connection_->reconnect_for()),
                                             &v1::SimulationService::Stub::CreateSession, request,
                                             connection_->call_timeout());
  if (!response.ok()) return response.status();
  return Session(connection_, response->session());
}

absl::StatusOr<Session> Client::AttachSession(std::string_view name) {
  constexpr std::string_view kPrefix = "sessions/";
  v1::GetSessionRequest request;
  request.set_session(std::string(name.starts_with(kPrefix) ? "" : kPrefix).append(name));
  const auto found = connection_->Call(&v1::SimulationService::Stub::GetSession, request);
  if (!found.ok()) return found.status();
  return Session(connection_, found->session());
}

absl::StatusOr<Session> Client::RestoreSession(const std::string& path,
                                               const CopyOptions& options) {
  // Before anything is sent.
  if (const auto about = InspectSavedSession(path); !about.ok()) return about.status();
  grpc::ClientContext context;
  connection_->Prepare(context);
  v1::RestoreSessionResponse response;
  const auto writer = connection_->simulation().RestoreSession(&context, &response);
  v1::RestoreSessionRequest request;
  SetCopy(options, &request);
  const absl::Status read = ReadFileInPieces(path, [&](absl::string_view piece) {
    request.set_data(piece.data(), piece.size());
    const bool more = writer->Write(request);
    request.Clear();
    return more;
  });
  if (!read.ok()) context.TryCancel();
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  connection_->NoteInstance(context);
  if (!read.ok()) return read;
  if (!status.ok()) return connection_->ToStatus(status);
  return Session(connection_, response.session());
}

absl::StatusOr<std::vector<v1::Session>> Client::ListSessions(v1::ListSessionsRequest filter) {
  std::vector<v1::Session> sessions;
  do {
    auto page = connection_->Call(&v1::SimulationService::Stub::ListSessions, filter);
    if (!page.ok()) return page.status();
    std::move(page->mutable_sessions()->begin(), page->mutable_sessions()->end(),
              std::back_inserter(sessions));
    filter.set_page_token(page->next_page_token());
  } while (!filter.page_token().empty());
  return sessions;
}

absl::StatusOr<std::vector<v1::Model>> Client::ListModels() {
  auto response = connection_->Call(&v1::CatalogService::Stub::ListModels, v1::ListModelsRequest());
  if (!response.ok()) return response.status();
  return Take(response->mutable_models());
}

absl::StatusOr<std::vector<v1::Preset>> Client::ListPresets() {
  auto response =
      connection_->Call(&v1::CatalogService::Stub::ListPresets, v1::ListPresetsRequest());
  if (!response.ok()) return response.status();
  return Take(response->mutable_presets());
}

absl::Status Client::CheckHealth() { return connection_->CheckHealth(); }

absl::StatusOr<v1::GetServerInfoResponse> Client::GetServerInfo() {
  return connection_->Call(&v1::CatalogService::Stub::GetServerInfo, v1::GetServerInfoRequest());
}

absl::StatusOr<v1::Account> Client::GetCaller() {
  auto response = connection_->Call(&v1::AccessService::Stub::GetCaller, v1::GetCallerRequest());
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_account());
}

absl::StatusOr<std::vector<v1::Account>> Client::ListAccounts() {
  auto response =
      connection_->Call(&v1::AccessService::Stub::ListAccounts, v1::ListAccountsRequest());
  if (!response.ok()) return response.status();
  return Take(response->mutable_accounts());
}

absl::StatusOr<v1::Account> Client::PutAccount(const v1::PutAccountRequest& request) {
  auto response = connection_->Call(&v1::AccessService::Stub::PutAccount, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_account());
}

absl::Status Client::DeleteAccount(std::string_view account) {
  v1::DeleteAccountRequest request;
  request.set_account(std::string(account));
  return connection_->Call(&v1::AccessService::Stub::DeleteAccount, request).status();
}

absl::StatusOr<v1::CreateTokenResponse> Client::CreateToken(std::string_view account,
                                                            absl::Time expire_time,
                                                            std::string_view note) {
  v1::CreateTokenRequest request;
  request.set_account(std::string(account));
  if (expire_time != absl::InfiniteFuture()) {
    request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(expire_time));
  }
  request.set_note(std::string(note));
  return connection_->Call(&v1::AccessService::Stub::CreateToken, request);
}

absl::Status Client::RevokeToken(std::string_view token) {
  v1::RevokeTokenRequest request;
  request.set_token(std::string(token));
  return connection_->Call(&v1::AccessService::Stub::RevokeToken, request).status();
}

}  // namespace spiked::client
