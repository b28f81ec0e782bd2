#include "client/command_line/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace spiked {
namespace {

constexpr size_t kWidth = 80;

// The words of the text on lines that begin at a column; the first one is there
// already.
std::string Wrapped(const std::string& text, size_t column) {
  std::string lines;
  size_t at = column;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (at > column && at + 1 + word.size() > kWidth) {
      absl::StrAppend(&lines, "\n", std::string(column, ' '));
      at = column;
    } else if (at > column) {
      absl::StrAppend(&lines, " ");
      ++at;
    }
    absl::StrAppend(&lines, word);
    at += word.size();
  }
  return lines;
}

// A name, and what there is to say of it.
using Entry = std::pair<std::string, std::string>;

bool IsFlag(const CLI::Option& option) { return option.get_expected_min() == 0; }

Entry EntryOf(const CLI::Option& option) {
  Entry entry(absl::StrReplaceAll(option.get_name(option.get_positional(), true), {{",", ", "}}),
              option.get_description());
  if (IsFlag(option)) return entry;
  if (option.nonpositional()) absl::StrAppend(&entry.first, " ", option.get_type_name());
  if (!option.get_default_str().empty()) {
    absl::StrAppend(&entry.second, " (default: ", option.get_default_str(), ")");
  }
  return entry;
}

std::string List(const std::string& head, const std::vector<const CLI::Option*>& options) {
  if (options.empty()) return "";
  std::vector<Entry> entries;
  size_t widest = 0;
  for (const CLI::Option* option : options) {
    entries.push_back(EntryOf(*option));
    widest = std::max(widest, entries.back().first.size());
  }
  std::string text = absl::StrCat("\n", head, ":\n");
  for (const auto& [name, help] : entries) {
    absl::StrAppend(&text, "  ", name, std::string(widest + 2 - name.size(), ' '),
                    Wrapped(help, widest + 4), "\n");
  }
  return text;
}

// Tells of environment variables by an example of each kind.
std::string Variables(const std::vector<const CLI::Option*>& options) {
  std::string option_example, flag_example;
  for (const CLI::Option* option : options) {
    if (option->get_envname().empty()) continue;
    std::string& example = IsFlag(*option) ? flag_example : option_example;
    if (!example.empty()) continue;
    example = absl::StrCat(option->get_envname(), IsFlag(*option) ? "=true for " : " for ",
                           option->get_name());
  }
  if (option_example.empty()) return "";
  return absl::StrCat(
      "\n",
      Wrapped(absl::StrCat("Options that are not given are taken from environment variables named "
                           "after them: ",
                           option_example, flag_example.empty() ? "" : ", ", flag_example, "."),
              0),
      "\n");
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode /*mode*/) const {
  const auto standard = [app](const CLI::Option* option) {
    return option == app->get_help_ptr() || option == app->get_version_ptr();
  };
  // Help and version are found in all programs; they come last.
  std::vector<const CLI::Option*> options = app->get_options(
      [&](const CLI::Option* option) { return option->nonpositional() && !standard(option); });
  for (const CLI::Option* option : {app->get_help_ptr(), app->get_version_ptr()}) {
    options.push_back(option);
  }
  std::string text = absl::StrCat(
      make_usage(app, std::move(name)), "\n", app->get_description(), "\n",
      List("Arguments",
           app->get_options([](const CLI::Option* option) { return option->get_positional(); })),
      List("Options", options), Variables(options));
  if (!app->get_footer().empty()) absl::StrAppend(&text, "\n", app->get_footer(), "\n");
  return text;
}

}  // namespace spiked
