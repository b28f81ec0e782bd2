// Saved sessions as files; proto/README.md describes their form.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "spiked/v1/session.pb.h"

namespace spiked::client {

// What the file says of itself, when all of it has been looked at. NOT_FOUND, INVALID_ARGUMENT
// if it is no saved session or damaged.
absl::StatusOr<v1::SavedSession> InspectSavedSession(const std::string& path);

// Hands the bytes of a file on, piece by piece, until `take` returns false. NOT_FOUND.
absl::Status ReadFileInPieces(const std::string& path,
                              absl::FunctionRef<bool(absl::string_view piece)> take);

}  // namespace spiked::client
