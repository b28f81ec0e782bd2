// Tables for people.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spiked::ctl {

// Columns under their heads, with two blanks between them; numbers to the right. A
// column whose head begins with `>` is one of numbers.
std::string TableText(const std::vector<std::string>& heads,
                      const std::vector<std::vector<std::string>>& rows);

// The same lines, each with its first characters.
std::string Clipped(absl::string_view lines, size_t columns);

// Without what a terminal would obey.
std::string Printable(const std::string& text);

}  // namespace spiked::ctl
