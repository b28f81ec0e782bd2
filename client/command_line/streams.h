// What a program says.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spiked {

// Writes all of the text to standard output, past any buffer; an error if it is
// closed or full.
absl::Status WriteOut(absl::string_view text);

// Writes `program: message` to standard error.
void Complain(absl::string_view program, absl::string_view message);

}  // namespace spiked
