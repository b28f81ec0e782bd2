// Completion for bash.
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/command_line/streams.h"
#include "client/ctl/command.h"

namespace spiked::ctl {
namespace {

std::string Script() {
  std::set<std::string> first;
  std::map<std::string, std::set<std::string>> second;
  std::string options;
  for (const Command& command : AllCommands()) {
    const std::vector<std::string> words = absl::StrSplit(command.name, ' ');
    first.insert(words[0]);
    if (words.size() > 1) second[words[0]].insert(words[1]);
    absl::StrAppendFormat(&options, "    '%s') words='%s' ;;\n", command.name,
                          absl::StrJoin(Invocation(command).command_line().OptionNames(), " "));
  }
  std::string seconds;
  for (const auto& [word, more] : second) {
    absl::StrAppendFormat(&seconds, "      %s) words='%s' ;;\n", word, absl::StrJoin(more, " "));
  }
  return absl::StrCat(R"(# Completion of spikectl for bash.
_spikectl() {
  local current=${COMP_WORDS[COMP_CWORD]} words='' name=''
  local k
  for ((k = 1; k < COMP_CWORD && k < 3; ++k)); do
    [[ ${COMP_WORDS[k]} == -* ]] && break
    name="${name:+$name }${COMP_WORDS[k]}"
  done
  if [[ $current == -* ]]; then
    case $name in
)",
                      options, R"(    '') words='--help --version' ;;
    esac
    [[ -n $words ]] || case ${name%% *} in
)",
                      options, R"(    esac
  elif ((COMP_CWORD == 1)); then
    words=')",
                      absl::StrJoin(first, " "), R"('
  elif ((COMP_CWORD == 2)); then
    case ${COMP_WORDS[1]} in
)",
                      seconds, R"(    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _spikectl spikectl
)");
}

}  // namespace

Command CompletionCommand() {
  return {"completion", "print what lets bash complete commands and options", R"help(Example:
  eval "$(spikectl completion)"    # in ~/.bashrc)help",
          [](CommandLine& /*command_line*/, const Common& /*common*/) -> Command::Run {
            return [] { return WriteOut(Script()); };
          }};
}

}  // namespace spiked::ctl
