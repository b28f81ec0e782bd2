// Requests that open sessions. Private to the library.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "client/cpp/session.h"
#include "google/protobuf/duration.pb.h"

namespace spiked::client {

inline void Set(google::protobuf::Duration* message, absl::Duration duration) {
  absl::Duration rest;
  message->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  message->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

// In a request to restore or fork a session.
template <typename Request>
void SetCopy(const CopyOptions& options, Request* request) {
  request->set_session_id(options.id);
  request->set_display_name(options.display_name);
  if (options.ttl) Set(request->mutable_ttl(), *options.ttl);
  request->set_durability(options.durability);
}

}  // namespace spiked::client
