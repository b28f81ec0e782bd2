// Errors that name the field at fault. They are absl::Status with payloads, so
// that whoever answers the user can say which field of the request it was
// without parsing a message.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spiked::engine {

// A user's mistake in one field. `field` is the path within the structure that
// was checked, such as `populations[2].parameters[tau_m]`; `reason` is a
// constant in UPPER_SNAKE_CASE for programs.
absl::Status FieldError(absl::StatusCode code, absl::string_view reason, absl::string_view field,
                        absl::string_view message);

// FieldError with INVALID_ARGUMENT and the reason INVALID_FIELD.
absl::Status InvalidField(absl::string_view field, absl::string_view message);

// NOT_FOUND: `field` names something that does not exist.
absl::Status NotFound(absl::string_view field, absl::string_view message);

// The error with a reason but no field, such as a limit that is reached.
absl::Status ReasonError(absl::StatusCode code, absl::string_view reason,
                         absl::string_view message);

// CANCELLED: whoever was asked said stop, and nothing has changed.
absl::Status Stopped();

// The same error one level up: `prefix` and a dot come before the field.
absl::Status Within(absl::string_view prefix, const absl::Status& status);

// What FieldError and ReasonError put in; nothing where it was not put.
std::optional<std::string> FieldOf(const absl::Status& status);
std::optional<std::string> ReasonOf(const absl::Status& status);

}  // namespace spiked::engine
