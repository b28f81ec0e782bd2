// Whoever waits for the answer to a command, as far as the session layer needs
// to know them.
#pragma once

#include <chrono>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spiked::session {

using Clock = std::chrono::steady_clock;

class Caller {
 public:
  virtual ~Caller() = default;

  // Users, not callers, take turns at the cores.
  virtual absl::string_view user() const = 0;
  // When the caller stops waiting; Clock::time_point::max() for never.
  virtual Clock::time_point deadline() const = 0;
  // Whether the caller has gone. May cost some microseconds.
  virtual bool Cancelled() const = 0;
};

// OK while the caller still waits; else DEADLINE_EXCEEDED or CANCELLED.
absl::Status StillWaiting(const Caller& caller);

}  // namespace spiked::session
