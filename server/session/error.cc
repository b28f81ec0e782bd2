#include "server/session/error.h"

#include <exception>
#include <new>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/session/memory.h"

namespace spiked::session {
namespace {

constexpr absl::string_view kQuota = "spiked/quota", kTime = "spiked/time_ms";

std::optional<std::string> Payload(const absl::Status& status, absl::string_view url) {
  const auto payload = status.GetPayload(url);
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

}  // namespace

absl::Status QuotaError(absl::string_view quota, absl::string_view message) {
  absl::Status status =
      engine::ReasonError(absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", message);
  status.SetPayload(kQuota, absl::Cord(quota));
  return status;
}

absl::Status TimeMismatch(double time_ms, double expected_time_ms) {
  const std::string time = engine::ToText(time_ms);
  absl::Status status = engine::FieldError(
      absl::StatusCode::kAborted, "TIME_MISMATCH", "expected_time_ms",
      absl::StrCat("the session is at ", time, " ms, not at ", engine::ToText(expected_time_ms)));
  status.SetPayload(kTime, absl::Cord(time));
  return status;
}

absl::Status ShuttingDown() {
  return engine::ReasonError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                             "the server is shutting down; connect again");
}

absl::Status NotTheirs(absl::string_view session) {
  return engine::ReasonError(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED",
                             absl::StrCat("there is no session '", session, "' that you may use"));
}

std::optional<std::string> TimeOf(const absl::Status& status) { return Payload(status, kTime); }

std::optional<std::string> QuotaOf(const absl::Status& status) { return Payload(status, kQuota); }

absl::Status StatusOfException(const MemoryBudget& budget) {
  try {
    throw;
  } catch (const MemorySpent& spent) {
    return budget.Spent(spent.bytes());
  } catch (const std::bad_alloc&) {
    return engine::ReasonError(absl::StatusCode::kResourceExhausted, "OUT_OF_MEMORY",
                               "the server has not the memory for this");
  } catch (const std::exception& error) {
    return engine::ReasonError(absl::StatusCode::kInternal, "INTERNAL", error.what());
  }
}

}  // namespace spiked::session
