// The record of a match: one JSON line a poll. Nothing in it depends on wall
// time, so that equal seeds give equal bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/cpp/recordings.h"
#include "client/pong/match.h"

namespace spiked::pong {

// The line of one poll, without the line break:
//
//   {"poll": from 0, "time_ms": biological time at its end,
//    "ball": {"x", "y", "cell": [column, row]},
//    "score": [left, right] after the poll,
//    "left": {"paddle": height of its middle, "cell": its row,
//             "counts": spikes of each motor neuron, "winner": a row,
//             "reward": the bare reward, "mean_reward": over all cells},
//    "right": the same,
//    "weights": {"left": [[...], ...], "right": [[...], ...]}}
//
// Ball, paddles and cells are those that the players saw. Weights (if not null)
// are in pA at time_ms, before the reward for this poll; a row for each cell of
// the ball, a column for each motor neuron. Numbers are the shortest that read
// back, see json.h.
std::string RecordLine(const Poll& poll, const std::array<client::Weights, 2>* weights);

// Plays the polls of the record at `path` again in a match that has not begun, but for those
// that end after `until_ms`, and returns the bytes of the record up to there. Behind them are
// these polls, if any, and perhaps a line that was still being written. INVALID_ARGUMENT, with
// the number of the line, if one is no poll of that match.
absl::StatusOr<int64_t> ReplayRecord(const std::string& path, double until_ms, Match& match);

}  // namespace spiked::pong
