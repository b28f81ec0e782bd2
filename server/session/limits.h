// What the server allows. Bounds are checked before their price is paid.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "server/access/account.h"

namespace spiked::session {

struct Limits {
  uint64_t max_sessions = 20'000;
  uint64_t max_neurons = 0;                // in one session, with relays and devices; 0: no limit
  uint64_t max_synapses = 0;               // in one session; 0: no limit
  uint64_t max_memory_bytes = 8ull << 30;  // of all sessions, requests and answers together
  double max_step_ms = 86'400'000;         // a biological day
  size_t max_waiting_commands = 16;        // for one session
  uint64_t max_recorded_spikes = 0;        // that the record of a population keeps; 0: no limit
  access::Quotas quotas = {};              // of accounts that have none of their own
  // How long a session stays that nobody uses, unless it says otherwise, and at most; 0:
  // until it is deleted, and no limit.
  std::chrono::seconds default_ttl{0}, max_ttl{0};
  // So many answers to requests with an id are kept for each session, and for each account,
  // so long.
  size_t answers_kept = 100;
  std::chrono::seconds answers_kept_for{3600};
  // What bringing a session back computes anew at most, for as long as snapshots can be stored.
  std::chrono::milliseconds max_replay{2000};
  // Sessions that are stored leave memory when nobody has used them for so long; 0: never.
  std::chrono::seconds idle_time{600};

  // Bytes of one request: 64 MiB, and no more than a quarter of the memory.
  uint64_t max_request_bytes() const { return std::min(kMaxRequestBytes, max_memory_bytes / 4); }
  static constexpr uint64_t kMaxRequestBytes = 64 << 20;
};

// Limits that may change while others read them. Thread-safe.
class CurrentLimits {
 public:
  explicit CurrentLimits(const Limits& limits) : limits_(limits) {}

  Limits Get() const {
    std::lock_guard lock(mutex_);
    return limits_;
  }
  void Set(const Limits& limits) {
    std::lock_guard lock(mutex_);
    limits_ = limits;
  }

 private:
  mutable std::mutex mutex_;
  Limits limits_;
};

// The answer to one command keeps below this, so that it fits into the 4 MiB
// that a gRPC client accepts unless told otherwise.
inline constexpr uint64_t kMaxReplyBytes = 4'000'000;

}  // namespace spiked::session
