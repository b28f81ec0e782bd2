#include "client/cpp/error.h"

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace spiked::client {
namespace {

// Under which payloads of one message type are found.
template <typename Message>
std::string TypeUrl() {
  return absl::StrCat("type.googleapis.com/", Message::descriptor()->full_name());
}

// The payload of one message type, if the status has it.
template <typename Message>
std::optional<Message> GetDetail(const absl::Status& status) {
  const auto payload = status.GetPayload(TypeUrl<Message>());
  Message message;
  if (!payload || !message.ParseFromString(std::string(*payload))) return std::nullopt;
  return message;
}

// The message for people: what the server says, the reason, the fields that it does not
// name itself.
std::string Describe(absl::string_view message, const ErrorDetails& details) {
  std::vector<std::string> fields;
  for (const ErrorDetails::FieldViolation& violation : details.field_violations) {
    std::string field = absl::StrCat(violation.field, ": ", violation.description);
    if (!absl::StrContains(message, field)) fields.push_back(std::move(field));
  }
  std::string text(message);
  if (!details.reason.empty()) absl::StrAppend(&text, " [", details.reason, "]");
  if (!fields.empty()) absl::StrAppend(&text, " (", absl::StrJoin(fields, "; "), ")");
  return text;
}

}  // namespace

ErrorDetails GetErrorDetails(const absl::Status& status) {
  ErrorDetails details;
  if (const auto info = GetDetail<google::rpc::ErrorInfo>(status)) {
    details.reason = info->reason();
    details.domain = info->domain();
    details.metadata.insert(info->metadata().begin(), info->metadata().end());
  }
  if (const auto request = GetDetail<google::rpc::BadRequest>(status)) {
    for (const auto& violation : request->field_violations()) {
      details.field_violations.push_back({violation.field(), violation.description()});
    }
  }
  return details;
}

absl::Status ToAbslStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // The codes of gRPC and Abseil are the same by design.
  const auto code = static_cast<absl::StatusCode>(status.error_code());

  absl::Status bare(code, status.error_message());
  google::rpc::Status wire;
  if (wire.ParseFromString(status.error_details())) {
    for (const auto& detail : wire.details()) {
      bare.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return Reworded(bare, Describe(status.error_message(), GetErrorDetails(bare)));
}

absl::Status MakeError(absl::StatusCode code, absl::string_view message, const std::string& reason,
                       const std::map<std::string, std::string>& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("spiked");
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  absl::Status status(code, message);
  status.SetPayload(TypeUrl<google::rpc::ErrorInfo>(), absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status Reworded(const absl::Status& status, absl::string_view message) {
  absl::Status result(status.code(), message);
  status.ForEachPayload([&result](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

}  // namespace spiked::client
