#include "server/session/rpc_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"
#include "server/engine/error.h"
#include "server/session/error.h"

namespace spiked::session {
namespace {

constexpr char kDomain[] = "spiked";
// Names in requests may be long, and messages repeat them; headers of more than
// 8 KiB are refused by clients.
constexpr size_t kMaxMessageBytes = 512, kMaxFieldBytes = 256;
// When to try again what was refused for a while, by its reason, or by the quota that is
// given back as other calls end.
struct Retry {
  absl::string_view what;
  int64_t delay_ms;
};
constexpr Retry kRetries[] = {{"SESSION_BUSY", 100},
                              {"SHUTTING_DOWN", 1000},
                              {"commands", 100},
                              {"connections", 1000},
                              {"streams", 1000}};

// At most so many bytes of UTF-8, cut between characters.
std::string Cut(absl::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  constexpr absl::string_view kEllipsis = "...";
  size_t end = bytes - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(kEllipsis.data(), kEllipsis.size());
}

}  // namespace

google::rpc::Status ToRpc(const absl::Status& status) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(status.code()));
  if (status.ok()) return rpc;
  const auto field = engine::FieldOf(status);
  const auto reason = engine::ReasonOf(status);
  const auto quota = QuotaOf(status);
  // Many a user sees nothing but the message, so it names the field, too.
  const std::string where = field ? Cut(*field, kMaxFieldBytes) : "";
  const std::string prefix = where.empty() ? "" : absl::StrCat(where, ": ");
  const std::string message = Cut(status.message(), kMaxMessageBytes - prefix.size());
  rpc.set_message(absl::StrCat(prefix, message));
  google::rpc::ErrorInfo info;
  info.set_reason(reason ? *reason : absl::StatusCodeToString(status.code()));
  info.set_domain(kDomain);
  if (field) (*info.mutable_metadata())["field"] = where;
  if (quota) (*info.mutable_metadata())["quota"] = *quota;
  if (const auto time = TimeOf(status)) (*info.mutable_metadata())["time_ms"] = *time;
  rpc.add_details()->PackFrom(info);
  if (field) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(where);
    violation->set_description(message);
    rpc.add_details()->PackFrom(bad_request);
  }
  if (quota) {
    google::rpc::QuotaFailure failure;
    auto* violation = failure.add_violations();
    violation->set_subject(*quota);
    violation->set_description(message);
    rpc.add_details()->PackFrom(failure);
  }
  for (const Retry& retry : kRetries) {
    if (reason != retry.what && quota != retry.what) continue;
    google::rpc::RetryInfo detail;
    detail.mutable_retry_delay()->set_seconds(retry.delay_ms / 1000);
    detail.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(retry.delay_ms % 1000 * 1'000'000));
    rpc.add_details()->PackFrom(detail);
  }
  return rpc;
}

}  // namespace spiked::session
