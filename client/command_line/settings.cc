// What a command line tells of its options once they have been read.
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/command_line/command_line.h"
#include "client/command_line/config_file.h"

namespace spiked {

std::string CommandLine::SourceOf(const Known& known) const {
  const std::string& name = known.option.name;
  if (known.defined->count() == 0) return "default";
  if (from_file_.contains(name)) return file_;
  return IsGiven(name) ? name : known.defined->get_envname();
}

std::vector<CommandLine::Setting> CommandLine::Settings() const {
  std::vector<Setting> settings;
  for (const Known& known : known_) {
    const Option& option = known.option;
    if (known.defined->get_envname().empty() || option.name == file_option_) continue;
    Setting setting{.key = option.name.substr(2),
                    .values = {},
                    .otherwise = option.otherwise,
                    .source = SourceOf(known),
                    .reloads = option.reloads};
    if (known.defined->count() != 0) {
      setting.values = known.defined->results();
      // Of several, the last counts, unless it is a list.
      if (known.defined->get_multi_option_policy() != CLI::MultiOptionPolicy::TakeAll) {
        setting.values = {setting.values.back()};
      }
    } else if (!option.initial.empty()) {
      setting.values = {option.initial};
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

std::string CommandLine::SettingsText() const {
  std::string text;
  for (const Setting& setting : Settings()) {
    if (setting.values.empty()) {
      absl::StrAppend(&text, "# ", setting.key, ": ",
                      setting.otherwise.empty() ? "none" : setting.otherwise);
    } else {
      std::vector<std::string> values;
      for (const std::string& value : setting.values) values.push_back(ConfigText(value));
      const std::string all = absl::StrJoin(values, ", ");
      absl::StrAppend(&text, setting.key, " = ",
                      values.size() > 1 ? absl::StrCat("[", all, "]") : all);
    }
    absl::StrAppend(&text, "  # ", setting.source, "\n");
  }
  return text;
}

std::string CommandLine::SettingsTable() const {
  const auto cell = [](const std::string& text) {
    return absl::StrReplaceAll(text, {{"|", "\\|"}});
  };
  std::string table =
      "| setting | value | default | reload | what it does |\n|---|---|---|---|---|\n";
  for (const Known& known : known_) {
    const Option& option = known.option;
    if (known.defined->get_envname().empty() || option.name == file_option_) continue;
    const std::string otherwise = option.otherwise.empty() ? option.initial : option.otherwise;
    absl::StrAppend(&table, "| `", option.name.substr(2), "` | ",
                    option.value.empty() ? "true or false" : cell(option.value), " | ",
                    cell(otherwise), " | ", option.reloads ? "yes" : "", " | ", cell(option.help),
                    " |\n");
  }
  return table;
}

}  // namespace spiked
