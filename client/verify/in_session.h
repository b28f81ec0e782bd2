// A session for as long as it is needed.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "client/cpp/client.h"

namespace spiked::verify {

// Opens a session, hands it to `use`, and deletes it whatever came of that.
absl::Status InSession(client::Client& client, double resolution_ms,
                       absl::FunctionRef<absl::Status(client::Session&)> use);

}  // namespace spiked::verify
