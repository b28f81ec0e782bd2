// The sockets that the server listens on. gRPC can listen by itself, but gives up
// for good when the process has run out of file descriptors once, and in the end
// removes the path of its socket, whoever made what is there by then.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/net/listen_address.h"

namespace spiked::net {

class Acceptor {
 public:
  // Takes a connection, over TCP or not, which it has to close in the end.
  using Handle = std::function<void(int fd, bool tcp)>;

  Acceptor() = default;
  ~Acceptor() { Stop(); }
  Acceptor(const Acceptor&) = delete;

  // Opens what an address stands for, and fills in its port where that is 0. Unix
  // sockets are for their owner alone. UNAVAILABLE if it cannot be opened.
  absl::Status Listen(ListenAddress& address);

  // Hands out connections from now on, on a thread of its own. When there are so
  // many that file descriptors become scarce, some are closed; where that is of no use,
  // further ones at once.
  absl::Status Start(Handle handle);

  // Closes the sockets, and removes them where they are still the ones it made.
  void Stop();

 private:
  struct Listener {
    int fd = -1;
    bool tcp = false;
    std::string path;  // of what is removed in the end; else empty
    dev_t device = 0;  // of what is at the path
    ino_t inode = 0;
  };

  absl::Status ListenOnFile(const ListenAddress& address);
  absl::Status ListenOnPath(const std::string& path);
  absl::Status ListenOnPort(ListenAddress& address);
  void Accept();
  // Whether file descriptors are to be had.
  bool AcceptFrom(const Listener& listener);
  // Another file for a connection whose own leaves too few, once others have been closed; -1 if
  // there is none, and the connection is closed.
  int Lower(int fd, int most);

  std::vector<Listener> listeners_;
  Handle handle_;
  int stop_ = -1;  // an eventfd that tells the thread to end
  std::thread thread_;
};

}  // namespace spiked::net
