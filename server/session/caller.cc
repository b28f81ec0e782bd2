#include "server/session/caller.h"

#include "server/engine/error.h"

namespace spiked::session {

absl::Status StillWaiting(const Caller& caller) {
  if (Clock::now() >= caller.deadline()) {
    return engine::ReasonError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                               "the deadline passed before the command was carried out");
  }
  if (caller.Cancelled()) {
    return engine::ReasonError(absl::StatusCode::kCancelled, "CANCELLED",
                               "the call was cancelled before the command was carried out");
  }
  return absl::OkStatus();
}

}  // namespace spiked::session
