// Errors that the session layer adds to those of the engine (engine/error.h).
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spiked::session {

// RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED: a limit of the server or of an
// account is reached. `quota` is its name: `sessions`, `networks`, `neurons`, `synapses`,
// `memory_bytes` or `streams`.
absl::Status QuotaError(absl::string_view quota, absl::string_view message);

// ABORTED, reason TIME_MISMATCH (field `expected_time_ms`): the session is at another time.
absl::Status TimeMismatch(double time_ms, double expected_time_ms);

// UNAVAILABLE, reason SHUTTING_DOWN: the server takes no more commands; another one, or
// the next, does.
absl::Status ShuttingDown();

// PERMISSION_DENIED, which says the same whether or not there is a session of that name.
absl::Status NotTheirs(absl::string_view session);

// The time that TimeMismatch put in, where the session is; nothing for other errors.
std::optional<std::string> TimeOf(const absl::Status& status);

// The quota that QuotaError put in; nothing for other errors.
std::optional<std::string> QuotaOf(const absl::Status& status);

class MemoryBudget;

// What the exception that is being handled means to whoever gave the command:
// RESOURCE_EXHAUSTED where memory has ended (reason QUOTA_EXCEEDED where that
// budget, OUT_OF_MEMORY where the machine has no more), else INTERNAL.
absl::Status StatusOfException(const MemoryBudget& budget);

}  // namespace spiked::session
