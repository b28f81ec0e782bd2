// A program that a test runs.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/temp_dir.h"

namespace spiked::testing {

// How a program ended.
struct ProgramResult {
  // As a shell tells it: 128 + n if signal n ended it, 124 if it took too long.
  int exit_code = 0;
  std::string out;
  std::string err;
};

// A running program. It is killed, if it still runs, when the object is
// destroyed.
class ChildProcess {
 public:
  // Starts `arguments[0]`, a path, with nothing on standard input. `variables`
  // (`NAME=value`) are added to the environment.
  explicit ChildProcess(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& variables = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);

  // Waits until the program has ended; its exit code as in ProgramResult, or
  // nothing if it still runs after the timeout.
  std::optional<int> Wait(absl::Duration timeout);

  // What it has written so far.
  std::string Output() const { return ReadFile(dir_.File("out")); }
  std::string Errors() const { return ReadFile(dir_.File("err")); }

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Runs a program to its end; kills it after the timeout.
ProgramResult RunProgram(const std::vector<std::string>& arguments,
                         const std::vector<std::string>& variables = {},
                         absl::Duration timeout = absl::Seconds(120));

}  // namespace spiked::testing
