// Who a call comes from.
#pragma once

#include <grpcpp/server_context.h>

#include "absl/status/statusor.h"
#include "server/access/gate.h"

namespace spiked::rpc {

// The account whose token the call shows (`authorization: Bearer TOKEN`). Without one,
// whoever reaches a Unix socket is the owner, and a certificate stands for the account of
// its common name. UNAUTHENTICATED otherwise, with the reason
// TOKEN_MISSING, TOKEN_MALFORMED or one of the gate's.
absl::StatusOr<access::Identity> Authenticate(const access::Gate& gate,
                                              const grpc::ServerContext& context);

}  // namespace spiked::rpc
