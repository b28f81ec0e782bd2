#include "server/session/page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

// FNV-1a of the request and of the place: alike in every process. It finds what was
// altered or belongs to another request; whoever takes pains can still forge a
// token, and gains nothing, as places are checked and whoever may ask for a page
// may ask for any.
std::string Fingerprint(absl::string_view request, absl::string_view place) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const absl::string_view part : {place, absl::string_view("\n"), request}) {
    for (const unsigned char c : part) hash = (hash ^ c) * 0x100000001b3;
  }
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

}  // namespace

std::string MakePageToken(absl::string_view request, absl::string_view place) {
  return absl::WebSafeBase64Escape(absl::StrCat(Fingerprint(request, place), place));
}

std::string MakePageToken(absl::string_view request, std::span<const int64_t> place) {
  return MakePageToken(request, absl::StrJoin(place, ","));
}

absl::StatusOr<std::string> PlaceOf(absl::string_view request, absl::string_view token) {
  constexpr size_t kFingerprint = 16;
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text) || text.size() < kFingerprint) {
    return NotOfThisRequest();
  }
  std::string place = text.substr(kFingerprint);
  // Text that decodes to the same is not the same token.
  if (MakePageToken(request, place) != token) return NotOfThisRequest();
  return place;
}

absl::StatusOr<std::vector<int64_t>> NumbersOf(absl::string_view request, absl::string_view token,
                                               size_t count) {
  const auto place = PlaceOf(request, token);
  if (!place.ok()) return place.status();
  std::vector<int64_t> numbers;
  for (const absl::string_view text : absl::StrSplit(*place, ',')) {
    int64_t number;
    if (!absl::SimpleAtoi(text, &number)) return NotOfThisRequest();
    numbers.push_back(number);
  }
  if (numbers.size() != count) return NotOfThisRequest();
  return numbers;
}

absl::Status NotOfThisRequest() {
  return engine::InvalidField("page_token", "is not a token that this request was answered with");
}

absl::Status StalePageToken(absl::string_view why) {
  return engine::FieldError(absl::StatusCode::kInvalidArgument, "STALE_PAGE_TOKEN", "page_token",
                            absl::StrCat("is stale: ", why));
}

}  // namespace spiked::session
