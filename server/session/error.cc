#include "server/session/error.h"

#include <exception>
#include <new>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/session/memory.h"

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

absl::Status ShuttingDown() {
  return engine::ReasonError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                             "the server is shutting down; connect again");
}

absl::Status NotTheirs(absl::string_view session) {
  return engine::ReasonError(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED",
                             absl::StrCat("there is no session '", session, "' that you may use"));
}

std::optional<std::string> QuotaOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kQuota);
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

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
