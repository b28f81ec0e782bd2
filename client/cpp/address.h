// Where the server is and who calls, when nobody says so.
#pragma once

#include <string>

namespace spiked::client {

// The address of the server of this user: the environment variable
// SPIKED_SERVER if it is set and not empty; else the Unix socket on which a
// server listens by default, `unix:$XDG_RUNTIME_DIR/spiked.sock` or, without
// XDG_RUNTIME_DIR, `unix:/tmp/spiked-<uid>/spiked.sock`.
std::string DefaultAddress();

// What says who is calling a server at that address. At a Unix socket nobody need say
// so: empty. Over TCP the environment variable SPIKED_TOKEN if it is set and not empty;
// else, for a server on this machine, the token that this user's own server keeps for
// its clients: in the file SPIKED_TOKEN_FILE, or `$XDG_STATE_HOME/spiked/token`, or
// `~/.local/state/spiked/token`, unless a certificate says who calls
// (SPIKED_TLS_CERTIFICATE). Empty if there is none.
std::string DefaultToken(const std::string& address);

}  // namespace spiked::client
