#include "client/verify/pattern.h"

#include <regex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace spiked::verify {
namespace {

// std::regex recurses for every character; a text must not exhaust the stack.
constexpr size_t kMaxLength = 1000;

}  // namespace

std::optional<std::vector<std::string>> Match(const std::string& text, const char* pattern) {
  std::smatch match;
  if (text.size() > kMaxLength || !std::regex_match(text, match, std::regex(pattern)))
    return std::nullopt;
  return std::vector<std::string>(match.begin() + 1, match.end());
}

double ReadDecimal(const Fields& fields, absl::string_view field, const std::string& text) {
  double number = 0.0;
  if (!absl::SimpleAtod(text, &number)) {
    fields.Fail(field, absl::StrCat("has '", text, "' for a number"));
  }
  return number;
}

}  // namespace spiked::verify
