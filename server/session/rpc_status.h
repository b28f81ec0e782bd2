// From our errors to those of the contract, with google.rpc's details.
#pragma once

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace spiked::session {

// Every error carries google.rpc.ErrorInfo (domain `spiked`); where it has a
// field also BadRequest, where it is a quota QuotaFailure, and where trying
// again may help RetryInfo. Long texts are cut: all of it may travel in headers.
google::rpc::Status ToRpc(const absl::Status& status);

}  // namespace spiked::session
