// What this program was built from.
#pragma once

#include "absl/strings/string_view.h"

namespace spiked::session {

// The commit, with `-dirty` if files differed from it; `unknown` where the source
// came without its history.
extern const absl::string_view kCommit;
// CMake's build type.
extern const absl::string_view kBuildType;

}  // namespace spiked::session
