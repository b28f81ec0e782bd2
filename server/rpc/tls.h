// Encryption of what goes over TCP.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/net/tls_files.h"

namespace spiked::rpc {

// For files that have been checked. Clients may show a certificate if there is a
// `client_ca`; one that it has not certified is refused before any call.
std::shared_ptr<grpc::ServerCredentials> TlsCredentials(const net::TlsFiles& files);

}  // namespace spiked::rpc
