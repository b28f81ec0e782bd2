// Files of cases; case.proto is their form.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/verify/case.h"

namespace spiked::verify {

// Reads a file. NOT_FOUND, or INVALID_ARGUMENT with what is wrong where; the
// message begins with the path.
absl::StatusOr<std::vector<Case>> ReadCaseFile(const std::string& path);

// The same for a text.
absl::StatusOr<std::vector<Case>> ReadCases(const std::string& json);

}  // namespace spiked::verify
