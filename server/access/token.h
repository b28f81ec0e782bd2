// Tokens: what a caller shows to say who they are.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace spiked::access {

// `spiked_ID_SECRET`: 48 bits by which it is known, 256 that nobody can guess.
struct NewToken {
  std::string id;
  std::string text;
};
NewToken DrawToken();

// The id in a token's text; nothing if it has not this form.
std::optional<absl::string_view> TokenIdOf(absl::string_view text);
// Whether it has the form of an id, and of a hash.
bool IsTokenId(absl::string_view id);
bool IsTokenHash(absl::string_view hash);

// SHA-256 in 64 hexadecimal digits. No slower hash is needed, as nobody can try
// all random secrets.
std::string HashOf(absl::string_view token);
// Whether both are the same, in a time that does not depend on where they differ.
bool SameHash(absl::string_view one, absl::string_view other);

}  // namespace spiked::access
