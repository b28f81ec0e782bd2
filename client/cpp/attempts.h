// Calls that are made again when a server has gone away and is coming back.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace spiked::client {

// A UUID like no other, for `request_id`.
std::string NewRequestId();

// Whether the error says that nobody answered, and somebody may soon: the connection is
// broken, or the server is stopping or starting.
bool MayComeBack(const absl::Status& status);

// How often and how long a call is made again.
class Attempts {
 public:
  // For so long after the first one that was not answered.
  explicit Attempts(absl::Duration patience) : patience_(patience) {}

  // Whether to try again after that error; then it has waited, longer each time, and not
  // as long as others do.
  bool Again(const absl::Status& status);

 private:
  const absl::Duration patience_;
  absl::Time until_ = absl::InfiniteFuture();  // once one has failed
  absl::Duration pause_;
};

}  // namespace spiked::client
