#include "server/systemd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <ctime>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spiked::systemd {
namespace {

absl::StatusOr<net::ListenAddress> AddressOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const bool listens = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, /*listening=*/1) > 0;
  if (!listens || getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("file descriptor ", fd, " of the service manager does not listen"));
  }
  net::ListenAddress address{.path = "", .host = "", .port = 0, .fd = fd};
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_UNIX) {
    address.path = reinterpret_cast<const sockaddr_un&>(storage).sun_path;
  } else if (storage.ss_family == AF_INET6) {
    const auto& inet = reinterpret_cast<const sockaddr_in6&>(storage);
    address.host = inet_ntop(AF_INET6, &inet.sin6_addr, text, sizeof text);
    address.port = ntohs(inet.sin6_port);
  } else {
    const auto& inet = reinterpret_cast<const sockaddr_in&>(storage);
    address.host = inet_ntop(AF_INET, &inet.sin_addr, text, sizeof text);
    address.port = ntohs(inet.sin_port);
  }
  return address;
}

}  // namespace

absl::StatusOr<std::vector<net::ListenAddress>> ListeningSockets() {
  std::vector<net::ListenAddress> addresses;
  // The variables stay, as options may be read again.
  const int count = sd_listen_fds(/*unset_environment=*/0);
  for (int k = 0; k < count; ++k) {
    auto address = AddressOf(SD_LISTEN_FDS_START + k);
    if (!address.ok()) return address.status();
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

void Ready() { sd_notify(0, "READY=1"); }
void Reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  sd_notify(0, absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", microseconds).c_str());
}
void Stopping() { sd_notify(0, "STOPPING=1"); }

std::optional<std::chrono::microseconds> WatchdogInterval() {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds / 2);
}
void Alive() { sd_notify(0, "WATCHDOG=1"); }

}  // namespace spiked::systemd
