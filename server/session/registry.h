// All sessions of the server.
#pragma once

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
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// Thread-safe; nothing here waits for a step.
class Registry {
 public:
  // `workers` steps run at a time, at least one.
  Registry(const Limits& limits, int workers);
  // Sessions that are still held must not run commands any more.
  ~Registry() = default;

  const Limits& limits() const { return shared_.limits; }

  absl::Status Create(const v1::CreateSessionRequest& request, v1::CreateSessionResponse* response);
  // The session named `sessions/{id}`. It lives until the last one lets it go,
  // but once deleted it refuses all commands. INVALID_ARGUMENT or NOT_FOUND
  // (field `session`).
  absl::StatusOr<std::shared_ptr<Session>> Find(absl::string_view name) const;
  absl::Status List(const v1::ListSessionsRequest& request,
                    v1::ListSessionsResponse* response) const;
  absl::Status Delete(const v1::DeleteSessionRequest& request);

  // Ends all steps at their next slice and refuses all commands from now on:
  // UNAVAILABLE, reason SHUTTING_DOWN.
  void Close();

 private:
  absl::StatusOr<SessionOptions> OptionsOf(const v1::CreateSessionRequest& request);

  Shared shared_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  absl::btree_map<std::string, std::shared_ptr<Session>> sessions_;  // by id
};

}  // namespace spiked::session
