// An account as the sessions know it: its turns at the cores, and what it takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "server/session/answers.h"
#include "server/session/cores.h"
#include "server/session/limits.h"
#include "server/session/memory.h"
#include "server/session/stored.h"

namespace spiked::session {

// From where an account has calls at the moment. Thread-safe.
class Connections {
 public:
  // A call comes from there; false if the connection would be one too many.
  bool Enter(const std::string& peer, uint64_t most) {
    std::lock_guard lock(mutex_);
    if (calls_.size() >= most && !calls_.contains(peer)) return false;
    ++calls_[peer];
    return true;
  }
  void Leave(const std::string& peer) {
    std::lock_guard lock(mutex_);
    const auto calls = calls_.find(peer);
    if (--calls->second == 0) calls_.erase(calls);
  }

 private:
  std::mutex mutex_;
  absl::flat_hash_map<std::string, uint64_t> calls_;
};

// Lives as long as the registry that makes it.
struct Account {
  Account(Cores::Account* account_at_cores, MemoryBudget* server, StoredTotal* stored_of_all,
          const Limits& limits)
      : turns(account_at_cores),
        memory(std::numeric_limits<uint64_t>::max(), "the account's", server),
        stored(stored_of_all),
        answers(limits, &memory) {}

  Cores::Account* const turns;
  MemoryBudget memory;    // of its sessions, out of the server's
  uint64_t sessions = 0;  // guarded by the registry
  std::atomic<uint64_t> streams{0};
  // Commands that are under way or wait, and how many there may be.
  std::atomic<uint64_t> commands{0}, max_commands{std::numeric_limits<uint64_t>::max()};
  StoredBytes stored;  // of its sessions
  Connections connections;

  std::mutex once;  // held while a request with an id is carried out at once; before others
  Answers answers;  // to these; guarded by it
};

}  // namespace spiked::session
