#include "client/command_line/config_file.h"

#include <charconv>
#include <fstream>
#include <set>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spiked {
namespace {

absl::Status BadConfig(const std::string& path, absl::string_view key, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", key, ": ", why));
}

bool IsSection(const CLI::ConfigItem& item) { return item.name == "++" || item.name == "--"; }

}  // namespace

absl::StatusOr<std::vector<ConfigEntry>> ReadConfigFile(const std::string& path) {
  std::ifstream file(path);
  std::vector<CLI::ConfigItem> items;
  try {
    // A folder can be opened, but not read.
    if (file.peek(); file.bad() || !file.is_open()) {
      return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
    }
    items = CLI::ConfigTOML().from_config(file);
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.what()));
  }
  std::vector<ConfigEntry> entries;
  std::set<std::string> keys;
  for (CLI::ConfigItem& item : items) {
    if (IsSection(item)) continue;
    const std::string key = item.fullname();
    if (!keys.insert(key).second) return BadConfig(path, key, "is given twice");
    if (item.inputs.empty()) return BadConfig(path, key, "needs a value");
    for (const std::string& value : item.inputs) {
      // Quotes that are left belong to no pair, or to one that a comment's sign broke.
      if (value.empty() || value.find_first_of("\"'`") != std::string::npos) {
        return BadConfig(path, key, "needs a value, as a number, true, false or in quotes");
      }
    }
    entries.push_back({key, std::move(item.inputs)});
  }
  return entries;
}

std::string ConfigText(const std::string& value) {
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if ((error == std::errc() && stop == end) || value == "true" || value == "false") return value;
  return absl::StrCat("\"", value, "\"");
}

}  // namespace spiked
