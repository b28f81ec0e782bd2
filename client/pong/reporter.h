// Shows people how a match goes.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "client/pong/match.h"
#include "client/pong/progress.h"

namespace spiked::pong {

class Reporter {
 public:
  virtual ~Reporter() = default;

  // Called after every poll; shows something now and then. An error if nobody
  // can be shown anything any more.
  virtual absl::Status Update(const Match& match, const Progress& progress) = 0;

  // Called once when the match is over.
  virtual absl::Status Finish(const Match& match, const Progress& progress) = 0;
};

// A line every two seconds and at the end.
std::unique_ptr<Reporter> MakePlainReporter();

// A picture that is redrawn in place, 20 times a second; the last one stays.
std::unique_ptr<Reporter> MakeLiveReporter(int64_t total_polls);

}  // namespace spiked::pong
