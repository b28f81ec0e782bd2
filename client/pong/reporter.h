// Shows people how a match goes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "client/cpp/recordings.h"
#include "client/pong/match.h"
#include "client/pong/progress.h"

namespace spiked::pong {

class Reporter {
 public:
  virtual ~Reporter() = default;

  // Asked before a poll: whether the weights at its end will be shown.
  virtual bool WantsWeights(const Progress& progress) const = 0;

  // Called after every poll; shows something now and then. `weights` are those
  // of both players; null if they were not read. An error if nobody can be shown
  // anything any more.
  virtual absl::Status Update(const Match& match, const Progress& progress,
                              const std::array<client::Weights, 2>* weights) = 0;

  // Called once when the match is over, with the weights as they are now.
  virtual absl::Status Finish(const Match& match, const Progress& progress,
                              const std::array<client::Weights, 2>& weights) = 0;
};

// A line every two seconds and at the end.
std::unique_ptr<Reporter> MakePlainReporter();

// A picture that is redrawn in place, 20 times a second; the last one stays.
std::unique_ptr<Reporter> MakeLiveReporter(int64_t total_polls);

}  // namespace spiked::pong
