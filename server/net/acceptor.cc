#include "server/net/acceptor.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/net/connections.h"

namespace spiked::net {
namespace {

// File descriptors that connections leave for everything else.
constexpr int kReservedFiles = 16;
// Of one listener, before others have their turn.
constexpr int kAtATime = 16;
// How long to wait where there are none at all.
constexpr int kScarcityMs = 50;
// How long one that has come waits for a file that is being given back, and how often it looks.
constexpr std::chrono::seconds kPatience{5};
constexpr int kPauseMs = 1;

absl::Status Failed(int error) { return absl::UnavailableError(std::strerror(error)); }

// What connections over TCP have from their listener: no delay, since answers are written as
// wholes; and that a silent one is noticed within seconds when its machine is gone, which
// cannot say so itself.
void SetForTcp(int fd) {
  const int on = 1, idle_s = 5, pause_s = 2, tries = 3;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &pause_s, sizeof pause_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
}

// An open socket that listens; -1 (and errno) if there cannot be one.
int ListeningSocket(const sockaddr* address, socklen_t size) {
  const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1, off = 0;
  if (address->sa_family != AF_UNIX) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    SetForTcp(fd);
  }
  if (address->sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (bind(fd, address, size) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int PortOf(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

absl::Status Acceptor::Listen(ListenAddress& address) {
  if (address.fd >= 0) return ListenOnFile(address);
  return address.path.empty() ? ListenOnPort(address) : ListenOnPath(address.path);
}

// The socket stays with whoever has opened it.
absl::Status Acceptor::ListenOnFile(const ListenAddress& address) {
  const int fd = fcntl(address.fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return Failed(errno);
  const bool tcp = address.path.empty();
  if (tcp) SetForTcp(fd);
  listeners_.push_back({.fd = fd, .tcp = tcp, .path = ""});
  return absl::OkStatus();
}

absl::Status Acceptor::ListenOnPath(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  // For its owner alone from the moment it exists.
  const mode_t mask = umask(0177);
  const int fd = ListeningSocket(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  umask(mask);
  if (fd < 0) return Failed(error);
  Listener listener = {.fd = fd, .tcp = false, .path = path};
  struct stat info;
  if (lstat(path.c_str(), &info) == 0) {
    listener.device = info.st_dev;
    listener.inode = info.st_ino;
  }
  listeners_.push_back(std::move(listener));
  return absl::OkStatus();
}

absl::Status Acceptor::ListenOnPort(ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  // To listen everywhere takes no IPv6.
  const char* host = address.host == "::" ? nullptr : address.host.c_str();
  const int failure = getaddrinfo(host, absl::StrCat(address.port).c_str(), &hints, &found);
  if (failure != 0) return absl::UnavailableError(gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  // IPv6 first: everywhere it stands for IPv4, too.
  std::vector<const addrinfo*> all;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) all.push_back(one);
  std::ranges::stable_partition(all, [](const auto* one) { return one->ai_family == AF_INET6; });
  // A name may stand for several addresses, of which one will do. They share a port.
  bool listens = false;
  int error = 0;
  for (const addrinfo* one : all) {
    sockaddr_storage storage{};
    std::memcpy(&storage, one->ai_addr, one->ai_addrlen);
    if (address.port != 0) {
      auto& port = one->ai_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                                              : reinterpret_cast<sockaddr_in&>(storage).sin_port;
      port = htons(static_cast<uint16_t>(address.port));
    }
    const int fd = ListeningSocket(reinterpret_cast<const sockaddr*>(&storage), one->ai_addrlen);
    if (fd < 0) {
      error = errno;
      continue;
    }
    socklen_t size = sizeof storage;
    getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
    address.port = PortOf(storage);
    listeners_.push_back({.fd = fd, .tcp = true, .path = ""});
    listens = true;
  }
  return listens ? absl::OkStatus() : Failed(error);
}

absl::Status Acceptor::Start(Handle handle) {
  handle_ = std::move(handle);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) return Failed(errno);
  thread_ = std::thread([this] { Accept(); });
  return absl::OkStatus();
}

void Acceptor::Accept() {
  std::vector<pollfd> polled = {{.fd = stop_, .events = POLLIN, .revents = 0}};
  for (const Listener& listener : listeners_) {
    polled.push_back({.fd = listener.fd, .events = POLLIN, .revents = 0});
  }
  bool scarce = false;
  while (true) {
    // Where file descriptors are scarce, only the end is waited for, in a while.
    const int ready =
        scarce ? poll(polled.data(), 1, kScarcityMs) : poll(polled.data(), polled.size(), -1);
    if (ready > 0 && polled[0].revents != 0) return;
    scarce = false;
    for (size_t k = 0; k < listeners_.size(); ++k) {
      if (!AcceptFrom(listeners_[k])) scarce = true;
    }
  }
}

bool Acceptor::AcceptFrom(const Listener& listener) {
  for (int k = 0; k < kAtATime; ++k) {
    int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    }
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const int most = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX)) - kReservedFiles;
    // The lowest that was free.
    if (fd >= most) fd = Lower(fd, most);
    if (fd < 0) continue;
    AllConnections().Enter(fd, static_cast<size_t>(most));
    handle_(fd, listener.tcp);
  }
  return true;
}

int Acceptor::Lower(int fd, int most) {
  int lower = -1;
  pollfd stop{.fd = stop_, .events = POLLIN, .revents = 0};
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (AllConnections().MakeRoom(static_cast<size_t>(std::max(most, 0))) &&
         poll(&stop, 1, kPauseMs) == 0 && std::chrono::steady_clock::now() < until) {
    lower = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (lower >= 0 && lower < most) break;
    if (lower >= 0) close(lower);
    lower = -1;
  }
  close(fd);
  return lower;
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    // An eventfd takes as many as anyone writes.
    [[maybe_unused]] const auto written = write(stop_, &one, sizeof one);
    thread_.join();
  }
  if (stop_ >= 0) close(std::exchange(stop_, -1));
  for (const Listener& listener : listeners_) {
    close(listener.fd);
    struct stat info;
    if (!listener.path.empty() && lstat(listener.path.c_str(), &info) == 0 &&
        info.st_dev == listener.device && info.st_ino == listener.inode) {
      unlink(listener.path.c_str());
    }
  }
  listeners_.clear();
  handle_ = nullptr;
}

}  // namespace spiked::net
