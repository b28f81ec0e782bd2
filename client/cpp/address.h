// Where the server is, when nobody says so.
#pragma once

#include <string>

namespace spiked::client {

// The address of the server of this user: the environment variable
// SPIKED_SERVER if it is set and not empty; else the Unix socket on which a
// server listens by default, `unix:$XDG_RUNTIME_DIR/spiked.sock` or, without
// XDG_RUNTIME_DIR, `unix:/tmp/spiked-<uid>/spiked.sock`.
std::string DefaultAddress();

}  // namespace spiked::client
