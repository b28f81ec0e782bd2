// Tokens as requests carry them.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/access/gate.h"

namespace spiked::access {

// Who shows `Bearer TOKEN`. UNAUTHENTICATED, with the reason TOKEN_MALFORMED or one of
// the gate's.
absl::StatusOr<Identity> ByBearer(const Gate& gate, absl::string_view authorization);

}  // namespace spiked::access
