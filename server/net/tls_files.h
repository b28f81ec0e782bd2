// The files with which what goes over TCP is encrypted.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace spiked::net {

// In PEM form; read again when they change.
struct TlsFiles {
  std::string certificate;  // of the server, with what leads to its authority
  std::string key;
  std::string client_ca;  // who certifies clients; empty: they are asked for no certificates

  bool empty() const { return certificate.empty(); }
};

// FAILED_PRECONDITION, with a message for the user, unless the files can be read and belong
// together.
absl::Status CheckTls(const TlsFiles& files);

}  // namespace spiked::net
