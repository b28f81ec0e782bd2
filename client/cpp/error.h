// What an error of the server says beyond its code and message.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace spiked::client {

// The details of an error, for programs that react to it.
struct ErrorDetails {
  // A field of the request that was refused.
  struct FieldViolation {
    // Path of the field, such as `specification.populations[2].size`.
    std::string field;
    // What is wrong with it.
    std::string description;

    bool operator==(const FieldViolation&) const = default;
  };

  // Why, as a constant such as `UNKNOWN_POPULATION`; empty if the error comes
  // neither from a spiked server nor from this library (a broken connection, say).
  std::string reason;
  // Who says so: `spiked`.
  std::string domain;
  // Particulars by name.
  std::map<std::string, std::string> metadata;
  // The fields at fault; empty unless the request is.
  std::vector<FieldViolation> field_violations;

  bool operator==(const ErrorDetails&) const = default;
};

// Takes the details out of a status that this library returned. All fields are
// empty where the status has none.
ErrorDetails GetErrorDetails(const absl::Status& status);

// Turns a gRPC status into an absl::Status of the same code. Its message ends
// in the reason and the fields at fault, so that it is enough to print it;
// every detail (ErrorInfo, BadRequest, RetryInfo, ...) becomes a payload under
// its type URL.
absl::Status ToAbslStatus(const grpc::Status& status);

// An error that this library finds by itself, with its details.
absl::Status MakeError(absl::StatusCode code, absl::string_view message, const std::string& reason,
                       const std::map<std::string, std::string>& metadata);

// The same status, details and all, with another message.
absl::Status Reworded(const absl::Status& status, absl::string_view message);

}  // namespace spiked::client
