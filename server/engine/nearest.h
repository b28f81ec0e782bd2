// Names that do not exist, and which one may have been meant.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spiked::engine {

// The name that is most like the word, if it is so much like it that a slip of
// the hand explains the difference: capitals for small letters, or a character or
// two put in, left out, replaced or exchanged with its neighbour. Else empty.
std::string NearestName(absl::string_view word, const std::vector<absl::string_view>& names);

// INVALID_ARGUMENT: `field` names something that is not among `names`. The
// message is `what`, such as "there is no model", then the name, and the name
// that may have been meant or, where none is alike, the few that there are.
absl::Status UnknownName(absl::string_view field, absl::string_view what, absl::string_view name,
                         const std::vector<absl::string_view>& names);

// A name after `a` or `an`.
std::string WithArticle(absl::string_view name);

// The names of parts, such as populations, for UnknownName.
template <typename Parts>
std::vector<absl::string_view> NamesOf(const Parts& parts) {
  std::vector<absl::string_view> names;
  names.reserve(parts.size());
  for (const auto& part : parts) names.push_back(part.name);
  return names;
}

}  // namespace spiked::engine
