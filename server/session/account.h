// An account as the sessions know it: its turns at the cores, and what it takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>

#include "server/session/answers.h"
#include "server/session/cores.h"
#include "server/session/limits.h"
#include "server/session/memory.h"

namespace spiked::session {

// Lives as long as the registry that makes it.
struct Account {
  Account(Cores::Account* account_at_cores, MemoryBudget* server, const Limits& limits)
      : turns(account_at_cores),
        memory(std::numeric_limits<uint64_t>::max(), "the account's", server),
        answers(limits, &memory) {}

  Cores::Account* const turns;
  MemoryBudget memory;    // of its sessions, out of the server's
  uint64_t sessions = 0;  // guarded by the registry
  std::atomic<int64_t> streams{0};

  std::mutex once;  // held while a request with an id is carried out at once; before others
  Answers answers;  // to these; guarded by it
};

}  // namespace spiked::session
