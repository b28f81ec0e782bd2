// The server that is measured.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/settings.h"
#include "tests/support/server_process.h"

namespace spiked::bench {

// A fresh server process on a Unix socket and on a free port of loopback. It is
// killed when the object is destroyed, with all its sessions.
class BenchServer {
 public:
  static absl::StatusOr<std::unique_ptr<BenchServer>> Start(const Settings& settings);

  const std::string& unix_address() const { return unix_address_; }
  const std::string& tcp_address() const { return tcp_address_; }
  // For clients over TCP.
  std::string token() const { return process_.OwnerToken(); }
  pid_t pid() const { return process_.pid(); }

 private:
  explicit BenchServer(const Settings& settings);

  testing::ServerProcess process_;
  std::string unix_address_;
  std::string tcp_address_;
};

}  // namespace spiked::bench
