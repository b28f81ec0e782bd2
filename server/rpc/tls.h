// Encryption of what goes over TCP.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace spiked::rpc {

// Files in PEM form; read again when they change.
struct TlsFiles {
  std::string certificate;  // of the server, with what leads to its authority
  std::string key;
  std::string client_ca;  // who certifies clients; empty: they are asked for no certificates

  bool empty() const { return certificate.empty(); }
};

// FAILED_PRECONDITION, with a message for the user, unless the files can be read and belong
// together.
absl::Status CheckTls(const TlsFiles& files);

// For files that have been checked. Clients may show a certificate if there is a
// `client_ca`; one that it has not certified is refused before any call.
std::shared_ptr<grpc::ServerCredentials> TlsCredentials(const TlsFiles& files);

}  // namespace spiked::rpc
