// Requests that are compressed.
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/session/saved.h"

namespace spiked::web {

// Adds what has been compressed by gzip to `plain`, which holds at most so many bytes then.
// Pauses again and again. INVALID_ARGUMENT (reason MALFORMED_MESSAGE), RESOURCE_EXHAUSTED
// (quota `request_bytes` or `memory_bytes`).
absl::Status Uncompress(absl::string_view bytes, uint64_t most, session::ChargedBytes* plain,
                        absl::FunctionRef<void()> pause);

}  // namespace spiked::web
