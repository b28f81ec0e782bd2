// Where the server listens, and who may reach it there.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::rpc {

// A Unix socket (`unix:PATH`), or HOST:PORT with a name, an IPv4 address or an
// IPv6 address in brackets; port 0 stands for any that is free.
struct ListenAddress {
  std::string path;  // of the socket; empty for TCP
  std::string host;
  int port = 0;

  // As gRPC takes it.
  std::string ToString() const;
  // Whether nobody on another machine can reach it.
  bool IsLocal() const;
  bool operator==(const ListenAddress&) const = default;
};

// INVALID_ARGUMENT with a message for the user.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// A Unix socket of the user's own and port 50051 on loopback. Makes the
// socket's directory (0700) if need be; FAILED_PRECONDITION if it belongs to
// somebody else.
absl::StatusOr<std::vector<ListenAddress>> DefaultListenAddresses();

}  // namespace spiked::rpc
