#include "server/engine/error.h"

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace spiked::engine {
namespace {

constexpr absl::string_view kReason = "spiked/reason";
constexpr absl::string_view kField = "spiked/field";

std::optional<std::string> Payload(const absl::Status& status, absl::string_view url) {
  const auto payload = status.GetPayload(url);
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

}  // namespace

absl::Status ReasonError(absl::StatusCode code, absl::string_view reason,
                         absl::string_view message) {
  absl::Status status(code, message);
  status.SetPayload(kReason, absl::Cord(reason));
  return status;
}

absl::Status FieldError(absl::StatusCode code, absl::string_view reason, absl::string_view field,
                        absl::string_view message) {
  absl::Status status = ReasonError(code, reason, message);
  status.SetPayload(kField, absl::Cord(field));
  return status;
}

absl::Status InvalidField(absl::string_view field, absl::string_view message) {
  return FieldError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", field, message);
}

absl::Status NotFound(absl::string_view field, absl::string_view message) {
  return FieldError(absl::StatusCode::kNotFound, "NOT_FOUND", field, message);
}

absl::Status Stopped() {
  return ReasonError(absl::StatusCode::kCancelled, "CANCELLED", "stopped before it was done");
}

absl::Status Within(absl::string_view prefix, const absl::Status& status) {
  const auto field = FieldOf(status);
  if (!field) return status;
  absl::Status outer = status;
  outer.SetPayload(
      kField, absl::Cord(field->empty() ? std::string(prefix) : absl::StrCat(prefix, ".", *field)));
  return outer;
}

std::optional<std::string> FieldOf(const absl::Status& status) { return Payload(status, kField); }

std::optional<std::string> ReasonOf(const absl::Status& status) { return Payload(status, kReason); }

}  // namespace spiked::engine
