// All sessions of the server.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/access/gate.h"
#include "server/session/command.h"
#include "server/session/limits.h"
#include "server/session/observation.h"
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
  // So many threads compute at a time, at least one. Gate and storage must outlive the
  // registry; without a gate there are no accounts that could be managed, without a
  // storage nothing survives the registry.
  Registry(const Limits& limits, int workers, access::Gate* gate = nullptr,
           storage::Storage* storage = nullptr);
  // Sessions that are still held must not run commands any more.
  ~Registry();

  // Brings back all sessions that are stored; each comes to life with its first command; and
  // what is remembered of those that are gone. StorageError's, if they cannot be told.
  absl::Status Restore();

  Limits limits() const { return shared_.limits.Get(); }
  // For sessions that are created from now on, and the memory of all.
  void SetLimits(const Limits& limits);
  // Does not change with the limits, as fronts have told their libraries.
  uint64_t max_request_bytes() const { return max_request_bytes_; }

  const Instance& instance() const { return instance_; }
  MemoryBudget* memory() { return &shared_.memory; }

  access::Gate* gate() const { return gate_; }

  // The session that a command is for, or null if it is for none. PERMISSION_DENIED if
  // the caller may not give it; of a session that they may not use nobody tells them
  // whether it exists. INVALID_ARGUMENT or NOT_FOUND (field `session`).
  absl::StatusOr<std::shared_ptr<Session>> Admit(const Command& command,
                                                 const google::protobuf::Message& request,
                                                 const Caller& caller) const;
  // Admit for a session that is known. PERMISSION_DENIED.
  static absl::Status Allow(const Command& command, const Session& session, const Caller& caller);

  // Carries a command out that is carried out at once, unless it has been answered before.
  // Errors as of Admit, too.
  absl::Status CarryOut(const Command& command, const google::protobuf::Message& request,
                        const Caller& caller, google::protobuf::Message* reply);
  // Does so on a thread for what waits for the disk, after what came before.
  void Later(std::function<void()> go_on);
  // Goes on with a command that has saved a session, or brought a saved one.
  absl::Status GoOn(const Command& command, const google::protobuf::Message& request,
                    const Caller& caller, ChargedBytes saved, google::protobuf::Message* reply);

  // Commands of the table; sessions have been admitted.
  absl::Status Create(const v1::CreateSessionRequest& request, const Caller& caller,
                      v1::CreateSessionResponse* response);
  // Opens a session that goes on from a saved one. Requests are those of RestoreSession and
  // ForkSession. INVALID_ARGUMENT, also where what was saved is none (field `data`).
  template <typename Request>
  absl::Status CreateFrom(const Request& request, ChargedBytes saved, const Caller& caller,
                          v1::Session* session);
  absl::Status Get(const std::shared_ptr<Session>& session, const v1::GetSessionRequest& request,
                   v1::GetSessionResponse* response);
  absl::Status List(const v1::ListSessionsRequest& request, const Caller& caller,
                    v1::ListSessionsResponse* response);
  absl::Status Delete(const std::shared_ptr<Session>& session,
                      const v1::DeleteSessionRequest& request, const Caller& caller,
                      v1::DeleteSessionResponse* response);
  absl::Status Share(const std::shared_ptr<Session>& session,
                     const v1::ShareSessionRequest& request, v1::ShareSessionResponse* response);
  absl::Status Halt(const std::shared_ptr<Session>& session, const v1::HaltSessionRequest& request,
                    v1::HaltSessionResponse* response);
  absl::Status Info(const v1::GetServerInfoRequest& request, const Caller& caller,
                    v1::GetServerInfoResponse* response);

  // The session named `sessions/{id}`. It lives until the last one lets it go,
  // but once deleted it refuses all commands. INVALID_ARGUMENT or NOT_FOUND
  // (field `session`).
  absl::StatusOr<std::shared_ptr<Session>> Find(absl::string_view name) const;
  // What somebody may take: where their account says nothing, what the server says.
  access::Quotas QuotasOf(const access::Account& who) const {
    return access::Or(who.quotas, limits().quotas);
  }
  // Whether there is anybody beside the owner.
  bool has_accounts() const { return gate_ != nullptr && gate_->has_accounts(); }
  // What sessions know of an account, with its weight and quotas as they are now.
  Account* AccountOf(const access::Account& who);

  // Refuses new sessions, and commands for those that there are, from now on, with the
  // same error as Close; what runs or waits goes on.
  void Drain();
  // Whether a command runs or waits.
  bool busy() const;

  // For those who look after the server.
  Observation Observe() const;
  Counters& counters() { return shared_.counters; }
  const Counters& counters() const { return shared_.counters; }
  const Durations& slices() const { return shared_.cores.slices(); }
  Cores& cores() { return shared_.cores; }

  // Ends all commands and refuses all from now on: UNAVAILABLE, reason
  // SHUTTING_DOWN.
  void Close();

  // Deletes what has expired, and lets idle sessions go from memory; happens by itself every
  // second.
  void DeleteExpired(Clock::time_point now);
  void LetIdleRest(Clock::time_point now);
  // Likewise, sees how much there is room for to store.
  void Measure();

 private:
  // What is still known of a session that is gone.
  struct Gone {
    std::string owner;
    bool expired;
    Clock::time_point when;
  };

  // Whether a session that is gone was theirs.
  bool WasOwn(absl::string_view name, const access::Account& who) const;
  // With the mutex held.
  void Bury(const Session& session, bool expired);
  void Bury(std::string id, Gone gone);
  // Removes what is stored of it, if anything is, and has that remembered.
  absl::Status Erase(Session& session, const storage::Epitaph& epitaph);
  // Does so for sessions that have expired, and for those before that could not be erased.
  void EraseExpired(std::vector<std::shared_ptr<Session>> expired);
  void Watch();

  absl::StatusOr<SessionOptions> OptionsOf(const v1::CreateSessionRequest& request,
                                           const Caller& caller);
  // Opens a new session by `open`.
  absl::Status Add(SessionOptions options, MemoryCharge memory, const Caller& caller,
                   absl::FunctionRef<absl::Status(Session&)> open, v1::Session* session);
  // Carries a request out that changes something, unless it has been answered before.
  absl::Status Once(const RequestId& id, const Caller& caller, google::protobuf::Message* reply,
                    absl::FunctionRef<absl::Status(const Caller&)> carry_out);

  // All that there are.
  std::vector<std::shared_ptr<Session>> Sessions() const;
  std::unique_ptr<Journal> NewJournal(const SessionOptions& options,
                                      uint64_t stored_bytes = 0) const;
  void Restore(const storage::StoredSession& stored);
  absl::Status RestoreGone();
  access::Account FindAccount(const std::string& name) const;

  access::Gate* const gate_;
  storage::Storage* const storage_;
  const Instance instance_;
  const uint64_t max_request_bytes_;
  Shared shared_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::condition_variable closing_;
  absl::node_hash_map<std::string, Account> accounts_;
  absl::btree_map<std::string, std::shared_ptr<Session>> sessions_;  // by id
  absl::flat_hash_map<std::string, Gone> gone_;                      // by id
  std::deque<std::string> burials_;                                  // in order
  std::vector<std::shared_ptr<Session>> unerased_;  // have expired, and are stored still
  std::thread watcher_;
};

}  // namespace spiked::session
