// Page tokens: where a listing goes on, tied to the request that it belongs to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::session {

// Makes a token that goes on at `place`. `request` says which listing it is:
// everything that must be the same when the next page is asked for.
std::string MakePageToken(absl::string_view request, absl::string_view place);
std::string MakePageToken(absl::string_view request, std::span<const int64_t> place);

// The place in a token of that request. A token comes from outside: the place
// must be checked before it is used. INVALID_ARGUMENT (field `page_token`).
absl::StatusOr<std::string> PlaceOf(absl::string_view request, absl::string_view token);
// The same for a place of `count` numbers.
absl::StatusOr<std::vector<int64_t>> NumbersOf(absl::string_view request, absl::string_view token,
                                               size_t count);

// No answer to this request has had the token.
absl::Status NotOfThisRequest();

// The token belongs to something that is no longer there: INVALID_ARGUMENT, reason
// STALE_PAGE_TOKEN.
absl::Status StalePageToken(absl::string_view why);

}  // namespace spiked::session
