// Encryption on the way to a server: from which files, and what to do where it fails.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cpp/client.h"

namespace spiked::client {

// How to reach a server.
struct Credentials {
  std::shared_ptr<grpc::ChannelCredentials> channel;
  bool encrypt = false;
};

// For that address. INVALID_ARGUMENT if a file of the options cannot be used.
absl::StatusOr<Credentials> CredentialsOf(const std::string& address, const ClientOptions& options);

// What to do where gRPC says why there is no connection to that address, and the cause is that
// one side encrypts and the other does not, or a certificate that does not fit; else empty.
std::string EncryptionAdvice(absl::string_view why, absl::string_view address, bool encrypt);

}  // namespace spiked::client
