// Errors that the session layer adds to those of the engine (engine/error.h).
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spiked::session {

// RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED: one of the server's limits is
// reached. `quota` is the limit's name: `sessions`, `networks`, `neurons`,
// `synapses` or `memory_bytes`.
absl::Status QuotaError(absl::string_view quota, absl::string_view message);

// The quota that QuotaError put in; nothing for other errors.
std::optional<std::string> QuotaOf(const absl::Status& status);

}  // namespace spiked::session
