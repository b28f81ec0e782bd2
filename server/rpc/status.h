// From our errors to gRPC's.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace spiked::rpc {

// With the details of session::ToRpc.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace spiked::rpc
