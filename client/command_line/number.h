// Numbers on the command line.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace spiked {

// Reads a whole number or a decimal. INVALID_ARGUMENT unless all of the text is one,
// and between the bounds.
template <typename T>
absl::StatusOr<T> ReadNumber(const std::string& text, T lowest, T highest) {
  const char* end = text.data() + text.size();
  T number{};
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end && number >= lowest && number <= highest) return number;
  return absl::InvalidArgumentError(
      absl::StrCat("must be a ", std::integral<T> ? "whole number" : "number", " from ", lowest,
                   " to ", highest, ", not '", text, "'"));
}

}  // namespace spiked
