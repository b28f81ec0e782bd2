// The connections that clients have, whichever front serves them. Each is a file, of which the
// process may have but so many: where few are left, some are closed for whoever comes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace spiked::net {

// Who has a connection.
struct Peer {
  std::string name;   // of this connection alone, such as `192.0.2.1:4711`; empty over Unix sockets
  std::string group;  // one machine's, network's (IPv6) or process's
};
Peer PeerOf(int fd);

// Thread-safe.
class Connections {
 public:
  using Clock = std::chrono::steady_clock;

  // One that has just been accepted, before anybody is told of it. There may be files with
  // numbers below `most`; where few are left, some of those that have shown no credentials are
  // closed: the oldest of whom has most of them.
  void Enter(int fd, size_t most);
  // There are none left for one that comes. Closes such, too; if there are none, one of those that
  // have no calls; and if all have, of whoever has more than half of all. The file is free soon;
  // false: there will be none.
  bool MakeRoom(size_t most);
  // Whoever is called so has shown who they are.
  void Welcome(absl::string_view name);
  // Whether a connection has calls. Over a Unix socket, which is its owner's alone, to have had
  // one is to have shown who one is.
  void SetBusy(int fd, bool busy);
  void SetBusy(absl::string_view name, bool busy);

 private:
  struct Connection {
    uint64_t number = 0;  // in the order in which they have come
    uint64_t cookie = 0;  // by which the kernel tells it from others that had its file
    Peer peer;
    bool known = false, busy = false;
    std::optional<Clock::time_point> closing = {};  // since when
  };

  using Files = std::vector<std::pair<uint64_t, int>>;  // by the connections' numbers
  using Groups = std::map<std::string, Files>;

  // With the mutex held.
  void Forget(int fd);
  // So that so many are on their way; how many are.
  size_t CloseUnknown(size_t count);
  Groups Find(bool known, bool busy) const;
  // How many of so many.
  size_t CloseOldest(Groups groups, size_t count);

  std::mutex mutex_;
  absl::flat_hash_map<int, Connection> connections_;  // by file; some may have ended
  absl::flat_hash_map<std::string, int> names_;       // of those that have one
  uint64_t entered_ = 0, next_look_ = 0;
  Clock::time_point told_;
};

// Those of the process, as the limit is.
Connections& AllConnections();

}  // namespace spiked::net
