// Files of options, in TOML.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace spiked {

// What a file says of an option: `max-sessions = 100`, or `listen = ["a", "b"]`.
struct ConfigEntry {
  std::string key;
  std::vector<std::string> values;  // as texts; at least one
};

// All that the file says, in order; keys of a table have its name before a dot. An error
// names the file: NOT_FOUND if it cannot be read, INVALID_ARGUMENT if it makes no sense.
absl::StatusOr<std::vector<ConfigEntry>> ReadConfigFile(const std::string& path);

// A value as it stands in such a file: numbers, true and false as they are, all else in
// quotes.
std::string ConfigText(const std::string& value);

}  // namespace spiked
