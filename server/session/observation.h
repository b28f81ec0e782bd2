// How things are on a server, for those who look after it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace spiked::session {

struct Observation {
  struct OfAccount {
    uint64_t idle = 0, busy = 0, failed = 0;  // sessions
    uint64_t memory_bytes = 0;
    int64_t streams = 0;
  };
  std::map<std::string, OfAccount> accounts = {};
  uint64_t memory_bytes = 0, max_memory_bytes = 0;
  // Cores that are held, and works that wait for one.
  int workers = 0, held = 0;
  uint64_t waiting = 0;
  uint64_t watches = 0;  // of all sessions
};

}  // namespace spiked::session
