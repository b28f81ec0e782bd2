// Asking a running server whether it is well.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/net/listen_address.h"

namespace spiked::rpc {

// OK if the server at `address` says that it serves (grpc.health.v1). UNAVAILABLE
// if it says that it does not, or cannot be reached; DEADLINE_EXCEEDED if it does
// not answer in time; and what else it answered. Messages are for the user. `ca` is the
// file of the authority that has certified a server that encrypts.
absl::Status ProbeHealth(const net::ListenAddress& address, absl::Duration timeout,
                         const std::string& ca = "");

}  // namespace spiked::rpc
