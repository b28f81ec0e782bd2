// How far a match is and how fast it goes, for people to read.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "client/pong/match.h"

namespace spiked::pong {

struct Progress {
  // Polls that are over, and in all.
  int64_t polls = 0;
  int64_t total = 0;
  // That were over when a match was gone on with.
  int64_t earlier = 0;
  // Wall time since the first poll after these began.
  absl::Duration elapsed = absl::ZeroDuration();

  // 0 as long as no time has passed.
  double polls_per_s() const;
  // Biological time over wall time.
  double real_time_factor() const;
  // Wall time that the rest will take at this rate.
  absl::Duration left() const;
  int percent() const { return total == 0 ? 0 : static_cast<int>(100 * polls / total); }
};

// `0.42 s`, `12 s`, `3 min 05 s`, `2 h 07 min`.
std::string ReadableTime(absl::Duration duration);

// A rate with about three digits.
std::string FormatRate(double rate);

// `4870 polls/s, 974x real time`.
std::string FormatSpeed(const Progress& progress);

// One line on a match that goes on.
std::string ProgressLine(const Match& match, const Progress& progress);

}  // namespace spiked::pong
