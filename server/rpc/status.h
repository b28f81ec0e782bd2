// From our errors to gRPC's, with google.rpc's details.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace spiked::rpc {

// Every error carries google.rpc.ErrorInfo (domain `spiked`); where it has a
// field also BadRequest, where it is a quota QuotaFailure, and where trying
// again may help RetryInfo. Long texts are cut: all of it travels in headers.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace spiked::rpc
