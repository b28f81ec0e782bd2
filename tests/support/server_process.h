// A real server that a test starts and stops.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/client.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace spiked::testing {

// A `spiked` binary, that of this build unless told otherwise, on a Unix socket
// in a directory of its own. It is killed, if it still runs, when the object is
// destroyed; the directory goes with it. A server may be stopped and started
// again on the same directory.
class ServerProcess {
 public:
  // Further arguments of the server go after `--listen unix:...`. An empty
  // `binary` stands for that of this build.
  explicit ServerProcess(std::vector<std::string> extra_arguments = {}, std::string binary = "");

  // Starts the server and waits until it answers. An error, with the server's
  // log, if it ends or does not answer in time.
  absl::Status Start(absl::Duration timeout = absl::Seconds(30));

  // `unix:...`, for clients.
  std::string address() const { return "unix:" + dir_.File("spiked.sock"); }
  // `host:port` of a server that listens there beside its socket (`--listen
  // 127.0.0.1:0`), with the port that it has chosen; it tells a little after it answers.
  absl::StatusOr<std::string> TcpAddress() const;
  // By which its owner is known over TCP.
  std::string OwnerToken() const;
  // A new connection to it.
  absl::StatusOr<client::Client> Connect() const;

  // Asks the server to end (SIGTERM) and waits for that. Its exit code as in
  // ProgramResult; nothing if it still runs after the timeout.
  std::optional<int> Stop(absl::Duration timeout = absl::Seconds(30));
  // Ends the server at once (SIGKILL).
  void Kill();

  // Of the server that was started last; there must be one.
  pid_t pid() const { return process_->pid(); }
  // The directory of the server's socket, and of whatever a test puts there.
  const TempDir& dir() const { return dir_; }
  // What the server that was started last has written to standard output and
  // standard error. Empty if there was none.
  std::string Log() const;

 private:
  TempDir dir_;
  std::vector<std::string> extra_arguments_;
  std::string binary_;
  std::optional<ChildProcess> process_;
};

}  // namespace spiked::testing
