// Where the server listens, and who may reach it there.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::net {

// A Unix socket (`unix:PATH`), or HOST:PORT with a name, an IPv4 address or an
// IPv6 address in brackets; port 0 stands for any that is free.
struct ListenAddress {
  std::string path;  // of the socket; empty for TCP
  std::string host;
  int port = 0;
  // Where whoever started the server has opened it already; else -1.
  int fd = -1;

  // As gRPC takes it.
  std::string ToString() const;
  // Whether nobody on another machine can reach it.
  bool IsLocal() const;
  bool operator==(const ListenAddress&) const = default;
};

// INVALID_ARGUMENT with a message for the user.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// A Unix socket of the user's own, `$XDG_RUNTIME_DIR/spiked.sock` or, without
// XDG_RUNTIME_DIR, `/tmp/spiked-UID/spiked.sock`; no port, as every account of the
// machine could reach it. Makes the directory in /tmp (0700) if need be;
// FAILED_PRECONDITION if it belongs to somebody else.
absl::StatusOr<ListenAddress> DefaultListenAddress();

}  // namespace spiked::net
