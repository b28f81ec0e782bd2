// The web front: the commands of the contract by the Connect protocol and over WebSocket, and
// the page, at one port.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/net/listen_address.h"
#include "server/net/tls_files.h"
#include "server/session/front.h"
#include "server/session/registry.h"

namespace spiked::web {

struct FrontOptions {
  net::ListenAddress address;  // of TCP
  net::TlsFiles tls;           // empty: nothing is encrypted
  // Of the page; empty: the one that belongs to this program, if there is one.
  std::string files = {};
  // Whether admins are told metrics, at /metrics.
  bool metrics = false;
};

class Front final : public session::Front {
 public:
  // Whether what the options name is good. FAILED_PRECONDITION, with a message for the user.
  static absl::Status Check(const FrontOptions& options);
  // Listens. The registry must outlive it, and have a gate. An error's message is for the
  // user.
  static absl::StatusOr<std::unique_ptr<Front>> Start(const FrontOptions& options,
                                                      session::Registry* registry);
  ~Front() override;

  // Where it listens, with the port that was chosen.
  const net::ListenAddress& address() const;

  void EndStreams() override;
  void Close() override;
  void Drain() override;

 private:
  class Impl;
  explicit Front(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace spiked::web
