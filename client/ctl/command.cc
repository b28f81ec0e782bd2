#include "client/ctl/command.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "client/cpp/address.h"

namespace spiked::ctl {
namespace {

CommandLine Define(const Command& command, Common& common) {
  CommandLine command_line(absl::StrCat("spikectl ", command.name),
                           absl::StrCat(absl::AsciiStrToUpper(command.summary.substr(0, 1)),
                                        command.summary.substr(1), "."));
  command_line.AddText({.name = "--server",
                        .value = "ADDR",
                        .help = "the server, unix:PATH or HOST:PORT",
                        .otherwise = "your own"},
                       common.server);
  command_line.AddText({.name = "--token-file",
                        .value = "FILE",
                        .help = "show the token in FILE; SPIKED_TOKEN gives a token itself",
                        .otherwise = "over TCP, that of your own server",
                        .variable = false},
                       common.token_file);
  command_line.AddText({.name = "--tls-ca",
                        .value = "FILE",
                        .help = "encrypt, with a server that this authority has certified",
                        .otherwise = "no encryption"},
                       common.tls_ca);
  command_line.AddText({.name = "--tls-certificate",
                        .value = "FILE",
                        .help = "show this certificate, which may stand for a token"},
                       common.tls_certificate);
  command_line.AddText(
      {.name = "--tls-key", .value = "FILE", .help = "the key of that certificate"},
      common.tls_key);
  command_line.AddFlag({.name = "--json", .help = "print JSON, for programs", .variable = false},
                       common.json);
  if (!command.details.empty()) command_line.SetEpilogue(command.details);
  return command_line;
}

std::string ListOf(const std::vector<Command>& commands) {
  std::string text = "Commands:\n";
  size_t width = 0;
  for (const Command& command : commands) width = std::max(width, command.name.size());
  for (const Command& command : commands) {
    absl::StrAppendFormat(&text, "  %-*s  %s\n", static_cast<int>(width), command.name,
                          command.summary);
  }
  return text;
}

}  // namespace

absl::StatusOr<client::Client> Common::Connect() const {
  // What is empty here is so in the environment, too.
  client::ClientOptions options{
      .tls_ca = tls_ca, .tls_certificate = tls_certificate, .tls_key = tls_key};
  if (!token_file.empty()) {
    std::ifstream file(token_file);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    options.token = std::string(absl::StripAsciiWhitespace(text));
    if (options.token->empty()) {
      return absl::InvalidArgumentError(absl::StrCat("there is no token in ", token_file));
    }
  }
  return client::Client::Connect(server, absl::Seconds(5), options);
}

std::vector<Command> AllCommands() {
  std::vector<Command> commands = SessionCommands();
  for (Command& command : AccountCommands()) commands.push_back(std::move(command));
  for (Command& command : CatalogCommands()) commands.push_back(std::move(command));
  commands.push_back(WatchCommand());
  commands.push_back(TopCommand());
  commands.push_back(TlsCommand());
  commands.push_back(CompletionCommand());
  return commands;
}

Invocation::Invocation(const Command& command)
    : common_(std::make_unique<Common>()),
      command_line_(Define(command, *common_)),
      run_(command.define(command_line_, *common_)) {}

std::optional<std::pair<Command, size_t>> FindCommand(const std::vector<std::string>& words) {
  std::optional<std::pair<Command, size_t>> found;
  for (Command& command : AllCommands()) {
    const std::vector<std::string> name = absl::StrSplit(command.name, ' ');
    if (name.size() <= words.size() && std::equal(name.begin(), name.end(), words.begin()) &&
        (!found || name.size() > found->second)) {
      found.emplace(std::move(command), name.size());
    }
  }
  return found;
}

std::string HelpOfGroup(absl::string_view group) {
  std::vector<Command> commands = AllCommands();
  std::erase_if(commands, [&](const Command& command) {
    return !absl::StartsWith(command.name, absl::StrCat(group, " "));
  });
  if (commands.empty()) return "";
  return absl::StrCat("Usage: spikectl ", group, " COMMAND [OPTIONS]\n\n", ListOf(commands),
                      "\nEach has --help.\n");
}

std::string Help() {
  std::string text = absl::StrCat(
      "Usage: spikectl COMMAND [OPTIONS]\n\n"
      "Looks after a spiked server: its sessions, its users, what it has to offer.\n\n",
      ListOf(AllCommands()));
  absl::StrAppend(&text, R"help(
All take --server, --token-file, --tls-ca, --json and --help.

Examples:
  spikectl users put anna --quota sessions=20
  spikectl token new anna --expires 90d
  spikectl sessions list --server lab.example:50051
  eval "$(spikectl completion)"

Exit status: 0 done; 1 another error; 2 bad usage, or an invalid value; 3 there
is no such thing; 4 not allowed; 5 no server answers, or not in time; 6 a quota
or a limit is reached.
)help");
  return text;
}

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kSuccess;
    case absl::StatusCode::kInvalidArgument:
      return kBadUsage;
    case absl::StatusCode::kNotFound:
      return 3;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return 4;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return 5;
    case absl::StatusCode::kResourceExhausted:
      return 6;
    default:
      return kFailure;
  }
}

}  // namespace spiked::ctl
