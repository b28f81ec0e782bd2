// All sessions of the server.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/session/limits.h"
#include "server/session/session.h"
#include "spiked/v1/catalog_service.pb.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// What identifies a running server.
struct Instance {
  std::string id;  // drawn anew at every start
  std::chrono::system_clock::time_point start_time;
};

// Thread-safe; nothing here waits for a session's turn.
class Registry {
 public:
  // So many threads compute at a time, at least one.
  Registry(const Limits& limits, int workers);
  // Sessions that are still held must not run commands any more.
  ~Registry() = default;

  const Limits& limits() const { return shared_.limits; }

  const Instance& instance() const { return instance_; }

  // Commands of the table.
  absl::Status Create(const v1::CreateSessionRequest& request, const Caller& caller,
                      v1::CreateSessionResponse* response);
  absl::Status Get(const v1::GetSessionRequest& request, const Caller& caller,
                   v1::GetSessionResponse* response);
  absl::Status List(const v1::ListSessionsRequest& request, const Caller& caller,
                    v1::ListSessionsResponse* response);
  absl::Status Delete(const v1::DeleteSessionRequest& request, const Caller& caller,
                      v1::DeleteSessionResponse* response);
  absl::Status Halt(const v1::HaltSessionRequest& request, const Caller& caller,
                    v1::HaltSessionResponse* response);
  absl::Status Info(const v1::GetServerInfoRequest& request, const Caller& caller,
                    v1::GetServerInfoResponse* response);

  // The session named `sessions/{id}`. It lives until the last one lets it go,
  // but once deleted it refuses all commands. INVALID_ARGUMENT or NOT_FOUND
  // (field `session`).
  absl::StatusOr<std::shared_ptr<Session>> Find(absl::string_view name) const;
  // Whose turn it is when a caller of that name has commands.
  Cores::Account* FindAccount(absl::string_view name) { return shared_.cores.FindAccount(name); }

  // Ends all commands and refuses all from now on: UNAVAILABLE, reason
  // SHUTTING_DOWN.
  void Close();

 private:
  absl::StatusOr<SessionOptions> OptionsOf(const v1::CreateSessionRequest& request);

  const Instance instance_;
  Shared shared_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  absl::btree_map<std::string, std::shared_ptr<Session>> sessions_;  // by id
};

}  // namespace spiked::session
