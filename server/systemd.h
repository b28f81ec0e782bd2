// What the server tells the service manager that has started it, if one has (systemd).
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/net/listen_address.h"

namespace spiked::systemd {

// Sockets that listen already, opened by the manager (socket activation); none without
// one. FAILED_PRECONDITION if one of them is of no use.
absl::StatusOr<std::vector<net::ListenAddress>> ListeningSockets();

// The server serves; reads its options again, until it is Ready; stops.
void Ready();
void Reloading();
void Stopping();

// How often the manager wants to be told that the server is alive; nothing if it does
// not. Half of what it waits for.
std::optional<std::chrono::microseconds> WatchdogInterval();
void Alive();

}  // namespace spiked::systemd
