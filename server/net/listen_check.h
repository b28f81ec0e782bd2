// Whether the server can listen at an address, and if not, why.
#pragma once

#include "absl/status/status.h"
#include "server/net/listen_address.h"

namespace spiked::net {

// Makes way for a new server: removes a Unix socket that a dead one has left.
// FAILED_PRECONDITION if the server cannot listen there, with the reason as its
// message; gRPC would tell none. Who is quick enough may still take the address
// between this and the server's start.
absl::Status PrepareToListen(const ListenAddress& address);

}  // namespace spiked::net
