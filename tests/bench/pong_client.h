// What the client of a game of pong does, without a server: it makes requests
// and takes answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "client/pong/match.h"
#include "client/pong/player.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::bench {

// Makes the polls that spiked-pong makes. Where there is one player only, the
// other side of the field is empty. Without any player a poll is the least that
// a step can be, no time and nothing in it: the price of the round trip alone.
class PongClient {
 public:
  // `players` are two at most, the left one first.
  explicit PongClient(std::vector<pong::PlayerKind> players, uint64_t seed = 1);

  const std::vector<pong::PlayerKind>& players() const { return players_; }
  const pong::Match& match() const { return match_; }

  // The step of the next poll.
  v1::StepRequest Request() const;
  // Plays the poll whose answer this is.
  absl::Status Take(const v1::StepResponse& response);

 private:
  // Plays the poll in whose answer are the spikes of both sides.
  absl::Status Play(const v1::StepResponse& response);

  std::vector<pong::PlayerKind> players_;
  pong::Match match_;
};

}  // namespace spiked::bench
