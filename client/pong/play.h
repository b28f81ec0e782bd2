// Plays a match on a server.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
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
  // Asked after every poll whether to end the match.
  std::function<bool()> stop = [] { return false; };
};

// Creates the two networks of a match in a session that is still at time 0 and
// plays, one round trip a poll. Errors are those of the server and of the
// reporter.
absl::StatusOr<Summary> Play(client::Session session, Match match, const PlayOptions& options,
                             Reporter& reporter);

}  // namespace spiked::pong
