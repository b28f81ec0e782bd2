#include "server/net/connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace spiked::net {
namespace {

// Few are left when it is this part of all.
constexpr size_t kFew = 8;
size_t FewOf(size_t most) { return std::max<size_t>(most / kFew, 2); }
constexpr std::chrono::seconds kBetweenWarnings{10};
// How long a file takes to be free at most, once its connection has been closed.
constexpr std::chrono::seconds kSoon{1};

// Unlike that of any other socket since the machine was started; nothing where there is none.
std::optional<uint64_t> CookieOf(int fd) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return std::nullopt;
  return cookie;
}

Peer PeerOf(const in_addr& address, in_port_t port) {
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address, text, sizeof text);
  return {.name = absl::StrCat(text, ":", ntohs(port)), .group = text};
}

// Whoever has one address of IPv6 mostly has 2^64 of them.
Peer PeerOf(const in6_addr& address, in_port_t port) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr mapped;
    std::copy_n(address.s6_addr + 12, 4, reinterpret_cast<uint8_t*>(&mapped));
    return PeerOf(mapped, port);
  }
  char text[INET6_ADDRSTRLEN], group[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, &address, text, sizeof text);
  in6_addr network = address;
  std::fill_n(network.s6_addr + 8, 8, uint8_t{0});
  inet_ntop(AF_INET6, &network, group, sizeof group);
  return {.name = absl::StrCat("[", text, "]:", ntohs(port)), .group = group};
}

}  // namespace

Peer PeerOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  if (storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    return PeerOf(in.sin_addr, in.sin_port);
  }
  if (storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
    return PeerOf(in6.sin6_addr, in6.sin6_port);
  }
  ucred process{};
  size = sizeof process;
  getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &size);
  return {.name = "", .group = absl::StrCat("process ", process.pid, " of user ", process.uid)};
}

void Connections::Enter(int fd, size_t most) {
  const auto cookie = CookieOf(fd);
  if (!cookie) return;
  Peer peer = PeerOf(fd);
  std::lock_guard lock(mutex_);
  Forget(fd);
  const size_t few = FewOf(most);
  if (static_cast<size_t>(fd) + few >= most && entered_ >= next_look_) {
    next_look_ = entered_ + std::max<size_t>(few / 4, 1);
    CloseUnknown(few / 2);
  }
  if (!peer.name.empty()) names_[peer.name] = fd;
  connections_[fd] = {.number = ++entered_, .cookie = *cookie, .peer = std::move(peer)};
}

bool Connections::MakeRoom(size_t most) {
  std::lock_guard lock(mutex_);
  if (CloseUnknown(FewOf(most) / 2) > 0) return true;
  if (CloseOldest(Find(/*known=*/true, /*busy=*/false), 1) > 0) return true;
  Groups busy = Find(/*known=*/true, /*busy=*/true);
  std::erase_if(
      busy, [this](const auto& group) { return 2 * group.second.size() <= connections_.size(); });
  return CloseOldest(std::move(busy), 1) > 0;
}

void Connections::Welcome(absl::string_view name) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(name);
  if (found != names_.end()) connections_[found->second].known = true;
}

void Connections::SetBusy(int fd, bool busy) {
  std::lock_guard lock(mutex_);
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  found->second.busy = busy;
  if (found->second.peer.name.empty()) found->second.known = true;
}

void Connections::SetBusy(absl::string_view name, bool busy) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(name);
  if (found != names_.end()) connections_[found->second].busy = busy;
}

void Connections::Forget(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  const auto name = names_.find(found->second.peer.name);
  if (name != names_.end() && name->second == fd) names_.erase(name);
  connections_.erase(found);
}

// Whoever serves a connection closes its file by itself, when it sees that nothing comes any
// more; so that is seen here afterwards.
size_t Connections::CloseUnknown(size_t count) {
  std::vector<int> gone;
  size_t closing = 0;
  const auto now = Clock::now();
  for (const auto& [fd, connection] : connections_) {
    if (CookieOf(fd) != connection.cookie) {
      gone.push_back(fd);
    } else if (connection.closing && now - *connection.closing < kSoon) {
      ++closing;
    }
  }
  for (const int fd : gone) Forget(fd);
  if (closing >= count) return closing;
  Groups unknown = Find(/*known=*/false, /*busy=*/false);
  for (auto& [group, files] : Find(/*known=*/false, /*busy=*/true)) {
    unknown[group].insert(unknown[group].end(), files.begin(), files.end());
  }
  return closing + CloseOldest(std::move(unknown), count - closing);
}

Connections::Groups Connections::Find(bool known, bool busy) const {
  Groups found;
  for (const auto& [fd, connection] : connections_) {
    if (connection.closing || connection.known != known || connection.busy != busy) continue;
    found[connection.peer.group].emplace_back(connection.number, fd);
  }
  return found;
}

size_t Connections::CloseOldest(Groups groups, size_t count) {
  std::priority_queue<std::pair<size_t, Files*>> largest;
  for (auto& [group, files] : groups) {
    std::ranges::sort(files, std::greater());
    largest.emplace(files.size(), &files);
  }
  const auto now = Clock::now();
  size_t closed = 0;
  for (; closed < count && !largest.empty(); ++closed) {
    const auto [size, files] = largest.top();
    largest.pop();
    const int fd = files->back().second;
    files->pop_back();
    if (!files->empty()) largest.emplace(files->size(), files);
    Connection& oldest = connections_[fd];
    oldest.closing = now;
    shutdown(fd, SHUT_RDWR);
    if (now - told_ < kBetweenWarnings) continue;
    told_ = now;
    spdlog::warn("connections are scarce: of {} there are {}, and the oldest are closed",
                 oldest.peer.group, size);
  }
  return closed;
}

Connections& AllConnections() {
  static auto& connections = *new Connections;  // threads of fronts may outlive main
  return connections;
}

}  // namespace spiked::net
