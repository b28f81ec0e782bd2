#include "server/session/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

constexpr absl::string_view kQuota = "spiked/quota";

}  // namespace

absl::Status QuotaError(absl::string_view quota, absl::string_view message) {
  absl::Status status =
      engine::ReasonError(absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", message);
  status.SetPayload(kQuota, absl::Cord(quota));
  return status;
}

std::optional<std::string> QuotaOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kQuota);
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

}  // namespace spiked::session
