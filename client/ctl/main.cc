// spikectl: finds the command that is meant, and carries it out.
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/command_line/nearest.h"
#include "client/command_line/streams.h"
#include "client/ctl/command.h"
#include "client/ctl/output.h"

namespace spiked::ctl {
namespace {

// The words that come before the first option.
std::vector<std::string> Words(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const std::string& argument : arguments) {
    if (absl::StartsWith(argument, "-")) break;
    words.push_back(argument);
  }
  return words;
}

bool AsksForHelp(absl::string_view argument) { return argument == "--help" || argument == "-h"; }

int Refuse(const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const Command& command : AllCommands()) names.push_back(command.name);
  const std::string given = absl::StrCat(words[0], words.size() > 1 ? " " + words[1] : "");
  const std::string nearest = NearestName(given, names);
  Complain("spikectl",
           absl::StrCat("there is no command '", given, "'",
                        nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?"),
                        "\nTry 'spikectl --help'."));
  return kBadUsage;
}

int Main(const std::vector<std::string>& arguments) {
  const std::vector<std::string> words = Words(arguments);
  if (words.empty()) {
    if (arguments.empty() || AsksForHelp(arguments[0])) {
      return ExitCodeOf(WriteOut(Help()));
    }
    if (arguments[0] == "--version") return ExitCodeOf(WriteOut("spikectl " SPIKED_VERSION "\n"));
    Complain("spikectl", "the command comes first\nTry 'spikectl --help'.");
    return kBadUsage;
  }
  auto found = FindCommand(words);
  if (!found && words.size() == 1) {
    const std::string help = HelpOfGroup(words[0]);
    if (!help.empty() && (arguments.size() == 1 || AsksForHelp(arguments[1]))) {
      return ExitCodeOf(WriteOut(help));
    }
  }
  if (!found) return Refuse(words);
  const auto& [command, count] = *found;
  Invocation invocation(command);
  std::vector<const char*> argv = {"spikectl"};
  for (size_t k = count; k < arguments.size(); ++k) argv.push_back(arguments[k].c_str());
  if (const auto ended =
          invocation.command_line().Read(static_cast<int>(argv.size()), argv.data())) {
    return *ended;
  }
  const absl::Status status = invocation.Run();
  if (!status.ok()) Complain("spikectl", status.message());
  return ExitCodeOf(status);
}

}  // namespace
}  // namespace spiked::ctl

int main(int argc, char** argv) {
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // errors are told once, in our words
  return spiked::ctl::Main({argv + 1, argv + argc});
}
