// Plays a match on a server.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "client/cpp/recordings.h"
#include "client/cpp/session.h"
#include "client/pong/match.h"
#include "client/pong/output_file.h"
#include "client/pong/reporter.h"
#include "client/pong/summary.h"

namespace spiked::pong {

struct PlayOptions {
  int64_t polls = 0;
  // Biological over wall time; 0 is as fast as possible.
  double speed = 0.0;
  // Where the record goes (see record.h); null for none.
  OutputFile* record = nullptr;
  // Weights are recorded at polls 0, n, 2n, ...; 0 for never.
  int64_t record_weights = 0;
  // What the weights were before the first poll.
  std::array<client::Weights, 2> before;
  // Asked after every poll whether to end the match.
  std::function<bool()> stop = [] { return false; };
};

// Creates those of the two networks of a match that the session has not.
absl::Status CreatePlayers(client::Session& session, const Match& match);

// The weights of both players in a session that is at time 0.
absl::StatusOr<std::array<client::Weights, 2>> ReadFirstWeights(client::Session& session,
                                                                const Match& match);

// Plays until so many polls are over, one round trip a poll. The session of a match that
// goes on may be a poll ahead, if nobody lived to see the answer. Errors are those of the
// server and of the reporter.
absl::StatusOr<Summary> Play(client::Session session, Match match, const PlayOptions& options,
                             Reporter& reporter);

}  // namespace spiked::pong
