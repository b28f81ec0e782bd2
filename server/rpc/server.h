// The server as a whole: sessions behind services behind sockets. Beside our
// services stand gRPC's own: health (grpc.health.v1) of the server and of each of
// its services, and reflection (grpc.reflection.v1alpha).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/access/gate.h"
#include "server/net/listen_address.h"
#include "server/net/tls_files.h"
#include "server/session/front.h"
#include "server/session/limits.h"
#include "server/session/registry.h"

namespace spiked::rpc {

struct ServerOptions {
  std::vector<net::ListenAddress> addresses;
  int workers = 1;  // steps that run at a time
  session::Limits limits;
  // Where sessions are kept; empty: nowhere.
  std::string data_dir;
  // Of the accounts beside that of whoever starts the server; empty: there are none.
  std::string accounts_file;
  // The token by which the owner is known over TCP; or, if that is empty, the file that
  // has it, which is made if need be.
  std::string owner_token, token_file;
  // For all addresses of TCP; empty: nothing is encrypted.
  net::TlsFiles tls;
  // Whether generic clients may ask what services, methods and messages there are.
  bool reflection = true;
  // Whether another front takes tokens, too, so that there must be one of the owner's.
  bool tokens_elsewhere = false;
  // How long what runs may go on when the server stops.
  std::chrono::seconds drain_timeout{0};
};

class Server {
 public:
  // Listens on all addresses, or on none. An error's message is for the user.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options);
  // Stops, if that has not been done.
  ~Server();

  // Where it listens, with the ports that were chosen.
  const std::vector<net::ListenAddress>& addresses() const;
  const session::Instance& instance() const;
  const session::Registry& registry() const;
  session::Registry& registry();

  // Another front to the same sessions, which stops with the server.
  void Add(std::unique_ptr<session::Front> front);

  // Whether what the options name is good: certificates, accounts. Starts nothing.
  static absl::Status Check(const ServerOptions& options);

  // Reads the accounts again; those who are connected stay. The limits hold for what
  // begins from now on.
  void Reload(const session::Limits& limits);

  // First drains: tells those who watch its health, takes no new sessions and commands,
  // ends streams so that their clients connect again, and lets commands that run or wait
  // go on for a while. Then takes no calls, ends what still runs, gives answers a moment
  // to get out, cancels what is left and returns when all calls are over. That may be
  // never: gRPC waits for clients that have stopped to read.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spiked::rpc
