// What takes calls by some protocol, as far as whoever stops the server cares.
#pragma once

namespace spiked::session {

class Front {
 public:
  virtual ~Front() = default;

  // Has all streams end with an error that tells to connect again, as soon as they have
  // answered what has reached them.
  virtual void EndStreams() = 0;
  // Takes no more calls; before the registry is closed.
  virtual void Close() = 0;
  // Returns when all calls have ended; after that.
  virtual void Drain() = 0;
};

}  // namespace spiked::session
