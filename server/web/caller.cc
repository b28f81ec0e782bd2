#include "server/web/caller.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/access/bearer.h"
#include "server/engine/error.h"

namespace spiked::web {

absl::StatusOr<access::Identity> Authenticate(const access::Gate& gate,
                                              const Credentials& credentials) {
  if (credentials.authorization) return access::ByBearer(gate, *credentials.authorization);
  if (credentials.cookie) return gate.ByToken(*credentials.cookie);
  if (credentials.common_name) return gate.ByCertificate(*credentials.common_name);
  return access::Unauthenticated(
      "TOKEN_MISSING",
      "whoever comes over TCP must show a token: send the header `Authorization: Bearer TOKEN`, "
      "or sign in");
}

bool IsForeign(const Origin& origin) {
  // Beside Origin or without it; `none` is for an address that somebody has typed.
  const absl::string_view site = origin.fetch_site;
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  if (origin.origin.empty()) return false;
  const size_t scheme = origin.origin.find("://");
  return scheme == absl::string_view::npos ||
         !absl::EqualsIgnoreCase(origin.origin.substr(scheme + 3), origin.host);
}

absl::Status CheckOrigin(const Credentials& credentials, const Origin& origin) {
  if (credentials.authorization) return absl::OkStatus();
  if (!credentials.cookie && !credentials.common_name) return absl::OkStatus();
  // Browsers say where a request comes from; who is none has no cookie.
  const bool told = !origin.origin.empty() || !origin.fetch_site.empty();
  if (!IsForeign(origin) && (told || !credentials.cookie)) return absl::OkStatus();
  return engine::ReasonError(
      absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED",
      "only pages of this server may ask in the name of whoever has signed in here");
}

std::optional<std::string> FindCookie(absl::string_view header, absl::string_view name) {
  for (absl::string_view pair : absl::StrSplit(header, ';')) {
    pair = absl::StripAsciiWhitespace(pair);
    if (absl::ConsumePrefix(&pair, name) && absl::ConsumePrefix(&pair, "=")) {
      return std::string(pair);
    }
  }
  return std::nullopt;
}

std::string SetCookie(absl::string_view name, absl::string_view token, bool secure) {
  return absl::StrCat(name, "=", token, "; Path=/; HttpOnly; SameSite=Strict",
                      token.empty() ? "; Max-Age=0" : "", secure ? "; Secure" : "");
}

}  // namespace spiked::web
