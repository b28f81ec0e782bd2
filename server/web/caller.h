// Who is behind a request of HTTP: tokens, cookies, and pages of other servers that would
// speak in their user's name.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/access/gate.h"

namespace spiked::web {

// What a request shows.
struct Credentials {
  std::optional<std::string> authorization;  // the header of that name; empty if it is there twice
  std::optional<std::string> cookie;         // the token in the server's own cookie
  std::optional<std::string> common_name;    // of a certificate that has been checked
};

// UNAUTHENTICATED, with the reason TOKEN_MISSING, TOKEN_MALFORMED or one of the gate's.
absl::StatusOr<access::Identity> Authenticate(const access::Gate& gate,
                                              const Credentials& credentials);

// Headers of a request, as far as they tell which page it comes from; empty: none.
struct Origin {
  absl::string_view origin, host, fetch_site;
};
// PERMISSION_DENIED for what a browser shows by itself, a cookie or
// a certificate, unless the server's own page asks. Tokens in a header are the page's own.
absl::Status CheckOrigin(const Credentials& credentials, const Origin& origin);
// Whether a page of another server asks.
bool IsForeign(const Origin& origin);

// The value of a cookie in the header `Cookie`.
std::optional<std::string> FindCookie(absl::string_view header, absl::string_view name);
// The header `Set-Cookie` that keeps a token, or without one forgets it.
std::string SetCookie(absl::string_view name, absl::string_view token, bool secure);

}  // namespace spiked::web
