#include "server/access/bearer.h"

#include "absl/strings/match.h"

namespace spiked::access {

absl::StatusOr<Identity> ByBearer(const Gate& gate, absl::string_view authorization) {
  constexpr absl::string_view kScheme = "Bearer ";
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return Unauthenticated("TOKEN_MALFORMED",
                           "`authorization` must be given once, as `Bearer TOKEN`");
  }
  return gate.ByToken(authorization.substr(kScheme.size()));
}

}  // namespace spiked::access
