// Many sessions that step at the same time, each over a stream of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/pong/player.h"
#include "tests/bench/load_stream.h"

namespace spiked::bench {

// How the polls of a span of time went.
struct LoadResult {
  // Of every poll, from when it was due to when its answer was there.
  std::vector<double> latencies_us;
  // Polls of each session.
  std::vector<int64_t> polls;
  // Polls that were sent within the span but answered after it; they do not
  // occur above.
  int64_t late_polls = 0;
};

// One thread drives all streams, so that the load takes little of the cores
// that the server needs.
class StreamLoad {
 public:
  // Opens so many sessions with these players (see PongClient; none stands for
  // empty steps) and a stream for each. The sessions stay with the server.
  static absl::StatusOr<std::unique_ptr<StreamLoad>> Open(
      const std::string& address, int sessions, const std::vector<pong::PlayerKind>& players);
  // Breaks the streams off: in order they might keep us waiting.
  ~StreamLoad();
  StreamLoad(const StreamLoad&) = delete;
  StreamLoad& operator=(const StreamLoad&) = delete;

  // Lets all sessions poll for so long, then waits for the answers that are
  // still due. Each session polls once an interval, all of
  // them spread evenly over it; with an interval of zero, each as soon as it
  // has its last answer. After an error the load can only be destroyed.
  absl::StatusOr<LoadResult> Run(absl::Duration span, absl::Duration interval);

 private:
  StreamLoad() = default;

  // The next stream that has nothing under way any more; null after the
  // deadline.
  LoadStream* NextIdle(absl::Time deadline);
  // Waits until no stream has anything under way.
  absl::Status WaitForAll();
  // Why a stream has broken.
  absl::Status ReasonOf(LoadStream& stream);

  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<LoadStream>> streams_;
};

}  // namespace spiked::bench
