#include "server/web/query.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/web/connect.h"

namespace spiked::web {
namespace {

// Nothing if a percent sign is not followed by two hexadecimal digits.
std::optional<std::string> Unescape(absl::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t k = 0; k < text.size(); ++k) {
    if (text[k] != '%') {
      bytes.push_back(text[k] == '+' ? ' ' : text[k]);
      continue;
    }
    if (text.size() - k < 3 || !absl::ascii_isxdigit(text[k + 1]) ||
        !absl::ascii_isxdigit(text[k + 2])) {
      return std::nullopt;
    }
    bytes += absl::HexStringToBytes(text.substr(k + 1, 2));
    k += 2;
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Query> ReadQuery(absl::string_view target) {
  Query query;
  std::string base64, version;
  std::optional<std::string> message;
  const size_t begin = target.find('?');
  const absl::string_view pairs =
      begin == absl::string_view::npos ? absl::string_view() : target.substr(begin + 1);
  for (const absl::string_view pair : absl::StrSplit(pairs, '&')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    const absl::string_view name = parts.first;
    auto value = Unescape(parts.second);
    if (!value) return Malformed(absl::StrCat(name, ": two hexadecimal digits must follow each %"));
    if (name == "encoding") query.encoding = *std::move(value);
    if (name == "compression") query.compression = *std::move(value);
    if (name == "message") message = std::move(value);
    if (name == "base64") base64 = *std::move(value);
    if (name == "connect") version = *std::move(value);
  }
  if (!version.empty() && version != "v1") return Malformed("connect must be v1");
  if (!base64.empty() && base64 != "1") return Malformed("base64 must be 1, or is left out");
  if (!message)
    return Malformed("there is no message: add message=%7B%7D, an object without fields");
  query.message = *std::move(message);
  if (!base64.empty()) {
    std::string bytes;
    if (!absl::WebSafeBase64Unescape(query.message, &bytes)) {
      return Malformed("message: with base64=1 it must be base64 with - and _");
    }
    query.message = std::move(bytes);
  }
  return query;
}

}  // namespace spiked::web
