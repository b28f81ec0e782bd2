// A command of spikectl, and what all of them share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/command_line/command_line.h"
#include "client/cpp/address.h"
#include "client/cpp/client.h"

namespace spiked::ctl {

// What every command takes.
struct Common {
  std::string server = client::DefaultAddress();
  std::string token_file;
  std::string tls_ca, tls_certificate, tls_key;
  bool json = false;

  absl::StatusOr<client::Client> Connect() const;
};

struct Command {
  using Run = std::function<absl::Status()>;

  std::string name;     // such as `sessions list`
  std::string summary;  // in a few words
  std::string details;  // what its help ends with: examples
  // Adds its options; what to do once they have been read.
  std::function<Run(CommandLine& command_line, const Common& common)> define;
};

// All of them, in the order of the help.
std::vector<Command> AllCommands();
std::vector<Command> SessionCommands();
std::vector<Command> AccountCommands();
std::vector<Command> CatalogCommands();
Command TopCommand();
Command WatchCommand();
Command TlsCommand();
Command CompletionCommand();

// A command with its options.
class Invocation {
 public:
  explicit Invocation(const Command& command);

  CommandLine& command_line() { return command_line_; }
  absl::Status Run() { return run_(); }

 private:
  // The options refer to it.
  std::unique_ptr<Common> common_;
  CommandLine command_line_;
  Command::Run run_;
};

// The command that begins like these words, and how many of them are its name; nothing if
// there is none.
std::optional<std::pair<Command, size_t>> FindCommand(const std::vector<std::string>& words);

// What `spikectl --help` says.
std::string Help();
// The same of the commands whose names begin with that word, such as `sessions`; empty if there
// are none.
std::string HelpOfGroup(absl::string_view group);

// With what the program ends after that: 0, or what Help says of kinds of errors.
int ExitCodeOf(const absl::Status& status);

}  // namespace spiked::ctl
