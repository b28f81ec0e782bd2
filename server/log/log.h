// The form of the log: what happened, and to whom.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "spdlog/formatter.h"

namespace spiked {

enum class LogFormat {
  kText,  // a line for people: time, level, message, then `key=value`
  kJson   // an object in a line for machines: time, level, message and the keys
};

using LogField = std::pair<absl::string_view, absl::string_view>;

// The text of a line with fields, for spdlog; empty ones are left out. Keys are
// `session`, `account`, `request_id` and such; tokens are nobody's business.
std::string LogLine(absl::string_view message, std::initializer_list<LogField> fields);

// What writes such lines, and those without fields. No line can pretend to be two.
std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format);

}  // namespace spiked
