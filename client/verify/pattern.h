// Fields that say in words what holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/verify/fields.h"

namespace spiked::verify {

// The parts of a text that the groups of a regular expression match; nothing if
// the whole text does not match.
std::optional<std::vector<std::string>> Match(const std::string& text, const char* pattern);

// A number in words that a pattern has matched; an error about the field if it
// is none.
double ReadDecimal(const Fields& fields, absl::string_view field, const std::string& text);

}  // namespace spiked::verify
