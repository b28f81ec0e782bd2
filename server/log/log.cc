#include "server/log/log.h"

#include <chrono>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "spdlog/pattern_formatter.h"

namespace spiked {
namespace {

// Between the parts of a line on their way through spdlog: the message, then keys and
// values in turn.
constexpr char kSeparator = '\x1f';

std::string WithoutControls(absl::string_view text) {
  std::string clean(text);
  for (char& c : clean) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return clean;
}

std::vector<std::string> PartsOf(const spdlog::details::log_msg& line) {
  std::vector<std::string> parts;
  for (const absl::string_view part :
       absl::StrSplit(absl::string_view(line.payload.data(), line.payload.size()), kSeparator)) {
    parts.push_back(WithoutControls(part));
  }
  return parts;
}

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    const std::vector<std::string> parts = PartsOf(line);
    std::string text = parts[0];
    for (size_t k = 1; k + 1 < parts.size(); k += 2) {
      absl::StrAppend(&text, " ", parts[k], "=", parts[k + 1]);
    }
    spdlog::details::log_msg whole = line;
    whole.payload = text;
    pattern_.format(whole, out);
    line.color_range_start = whole.color_range_start;
    line.color_range_end = whole.color_range_end;
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>();
  }

 private:
  spdlog::pattern_formatter pattern_;
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    const std::vector<std::string> parts = PartsOf(line);
    const spdlog::string_view_t level = spdlog::level::to_string_view(line.level);
    nlohmann::ordered_json object;
    object["time"] =
        absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromChrono(line.time), absl::UTCTimeZone());
    object["level"] = std::string(level.data(), level.size());
    object["message"] = parts[0];
    for (size_t k = 1; k + 1 < parts.size(); k += 2) object[parts[k]] = parts[k + 1];
    const std::string text =
        object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

std::string LogLine(absl::string_view message, std::initializer_list<LogField> fields) {
  std::string line = WithoutControls(message);
  for (const auto& [key, value] : fields) {
    if (value.empty()) continue;
    absl::StrAppend(&line, absl::string_view(&kSeparator, 1), key,
                    absl::string_view(&kSeparator, 1), WithoutControls(value));
  }
  return line;
}

std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format) {
  if (format == LogFormat::kJson) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

}  // namespace spiked
