// A session on a server in which players play pong, by any way to step it.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/client.h"
#include "client/cpp/step_stream.h"
#include "client/pong/player.h"
#include "tests/bench/pong_client.h"

namespace spiked::bench {

struct PongSession {
  PongClient client;
  client::Session session;

  // Opens a session with a network for each player (see PongClient).
  static absl::StatusOr<PongSession> Open(client::Client& connection,
                                          const std::vector<pong::PlayerKind>& players,
                                          uint64_t seed = 1,
                                          v1::Durability durability = v1::DURABILITY_UNSPECIFIED);

  // Each plays one poll: over a stream of this session, by one unary Step, or
  // by single calls as one would make them at a prompt, namely one for each
  // reward, one for the inputs, one for the time, and one for the spikes of
  // each player.
  absl::Status PollOverStream(client::StepStream& stream);
  absl::Status PollByStep();
  absl::Status PollByCalls();
};

}  // namespace spiked::bench
