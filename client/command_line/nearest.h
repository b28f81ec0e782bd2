// What people may have meant.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spiked {

// The name that is most like the word, if one is so much like it that a slip of the
// hand explains the difference; else empty.
std::string NearestName(absl::string_view word, const std::vector<std::string>& names);

}  // namespace spiked
