// A connection to a spiked server.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/address.h"
#include "client/cpp/session.h"
#include "spiked/v1/access_service.pb.h"
#include "spiked/v1/catalog_service.pb.h"
#include "spiked/v1/simulation_service.pb.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace spiked::client {

class Connection;

// How to talk to a server.
struct ClientOptions {
  // After this time a call is given up with DEADLINE_EXCEEDED. Steps have no
  // limit unless a call of Session::Step sets one.
  absl::Duration call_timeout = absl::Seconds(60);
  // For so long calls about sessions that survive their server are made again when the server
  // does not answer: it may be started anew. The caller notices nothing but time. Sessions of
  // another kind have gone with it; calls about them fail at once.
  absl::Duration reconnect_for = absl::Seconds(60);
  // What says who is calling, where the server wants to know; as DefaultToken (address.h)
  // finds it unless it is set.
  std::optional<std::string> token = {};
  // Files in PEM form, of the authority that has certified the server and of the client's
  // own certificate and its key; unset: those that SPIKED_TLS_CA, SPIKED_TLS_CERTIFICATE and
  // SPIKED_TLS_KEY name. Without an authority nothing is encrypted. At a Unix socket they do
  // not count.
  std::optional<std::string> tls_ca = {}, tls_certificate = {}, tls_key = {};
  // Instead of these files.
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;
};

// How to create a session.
struct SessionOptions {
  // Empty: the server draws an unguessable one.
  std::string id = {};
  // Free text for people.
  std::string display_name = {};
  // Step of the simulation in ms.
  double resolution_ms = 0.1;
  // Seed of everything random in the session. Unset: the server draws one.
  std::optional<uint64_t> seed = {};
  // How long it stays when nobody uses it, at least a second. Unset: as the server has it.
  std::optional<absl::Duration> ttl = {};
  // What its commands survive. Unspecified: as the server does it.
  v1::Durability durability = v1::DURABILITY_UNSPECIFIED;
  // To find it by.
  std::map<std::string, std::string> labels = {};
};

// A connection to a server. Copies share it; it may be used by several threads.
// All calls block. Errors are those of the server (see error.h), UNAVAILABLE
// if it cannot be reached.
class Client {
 public:
  // Connects to `unix:/path` or `host:port`. Keeps trying until a server
  // answers, for at most `timeout`; then UNAVAILABLE or DEADLINE_EXCEEDED with
  // the address in the message.
  static absl::StatusOr<Client> Connect(const std::string& address = DefaultAddress(),
                                        absl::Duration timeout = absl::Seconds(5),
                                        const ClientOptions& options = {});

  const std::string& address() const;

  // The server's instance according to its last answer, in this client's calls
  // or those of its sessions. It is drawn anew when a server starts: a change
  // means that the server has restarted.
  std::string instance() const;

  // Opens a session.
  absl::StatusOr<Session> CreateSession(const SessionOptions& options = {});
  // A handle on a session that exists; NOT_FOUND if it does not. `name` is
  // `sessions/{id}` or the id alone.
  absl::StatusOr<Session> AttachSession(std::string_view name);
  // Opens a session that goes on from the one that Session::Save has written there, on this
  // server or another. NOT_FOUND if there is no file; INVALID_ARGUMENT if it holds none.
  absl::StatusOr<Session> RestoreSession(const std::string& path, const CopyOptions& options = {});
  // All sessions that the caller may read, ordered by name; those of an owner, in a state or
  // with labels where the filter says so.
  absl::StatusOr<std::vector<v1::Session>> ListSessions(v1::ListSessionsRequest filter = {});

  // The models of neurons, devices and synapses, ordered by kind and name.
  absl::StatusOr<std::vector<v1::Model>> ListModels();
  // The networks that the server knows by name.
  absl::StatusOr<std::vector<v1::Preset>> ListPresets();
  // OK if the server says that it serves (grpc.health.v1); else UNAVAILABLE.
  absl::Status CheckHealth();
  // Version, instance and limits of the server.
  absl::StatusOr<v1::GetServerInfoResponse> GetServerInfo();

  // The account that calls are made for.
  absl::StatusOr<v1::Account> GetCaller();
  // What follows is for admins. All accounts with their tokens: the owner's, then the
  // others by name.
  absl::StatusOr<std::vector<v1::Account>> ListAccounts();
  // Makes an account, or changes role, weight and quotas of one that exists.
  absl::StatusOr<v1::Account> PutAccount(const v1::PutAccountRequest& request);
  absl::Status DeleteAccount(std::string_view account);
  // A token that stands for an account; its text is told this once.
  absl::StatusOr<v1::CreateTokenResponse> CreateToken(
      std::string_view account, absl::Time expire_time = absl::InfiniteFuture(),
      std::string_view note = "");
  // `token` is the token's id.
  absl::Status RevokeToken(std::string_view token);

 private:
  explicit Client(std::shared_ptr<Connection> connection);

  std::shared_ptr<Connection> connection_;
};

}  // namespace spiked::client
