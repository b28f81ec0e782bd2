#include "client/pong/json.h"

#include <array>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace spiked::pong {

std::string NumberText(double value) {
  if (value == 0.0) return "0";
  if (value < 0.0) return absl::StrCat("-", NumberText(-value));

  // `d.ddde±xx`, from which digits and exponent are taken.
  std::array<char, 32> buffer;
  const auto [end, error] =
      std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific);
  const std::string text(buffer.begin(), end);
  const size_t mark = text.find('e');
  std::string digits = text.substr(0, mark);
  if (digits.size() > 1) digits.erase(1, 1);
  const int exponent = std::stoi(text.substr(mark + 1));

  const int count = static_cast<int>(digits.size());
  if (exponent < -6 || exponent >= 21) {
    if (count > 1) digits.insert(1, ".");
    return absl::StrCat(digits, exponent < 0 ? "e" : "e+", exponent);
  }
  if (exponent < 0) return absl::StrCat("0.", std::string(-exponent - 1, '0'), digits);
  if (exponent < count - 1) return digits.insert(exponent + 1, ".");
  return absl::StrCat(digits, std::string(exponent - count + 1, '0'));
}

std::string JsonText(const Json& value) {
  if (value.is_number_float()) return NumberText(value.get<double>());
  if (!value.is_structured()) return value.dump();
  const auto add = [&](std::string* text, const auto& item) {
    if (value.is_object()) absl::StrAppend(text, Json(item.key()).dump(), ":");
    absl::StrAppend(text, JsonText(item.value()));
  };
  const std::string items = absl::StrJoin(value.items(), ",", add);
  return value.is_object() ? absl::StrCat("{", items, "}") : absl::StrCat("[", items, "]");
}

}  // namespace spiked::pong
