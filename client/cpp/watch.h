// Watching a session that somebody else drives.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::client {

class Connection;

// A session that is watched, made by Session::Watch. One thread at a time may use it,
// except for Cancel.
class Watch {
 public:
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  // Ends the watch.
  ~Watch();

  // Waits for the next frame, which belongs to the watch and is overwritten by the one
  // after: what has happened since the frame before. A session at rest sends none. An
  // error ends the watch, as when the session is deleted (NOT_FOUND); CANCELLED after
  // Cancel.
  absl::StatusOr<const v1::WatchSessionResponse*> Next();

  // Ends it, also from another thread.
  void Cancel();

 private:
  friend class Session;
  Watch(std::shared_ptr<Connection> connection, const v1::WatchSessionRequest& request);

  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace spiked::client
