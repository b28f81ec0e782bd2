#include "client/cpp/time_text.h"

#include <array>
#include <charconv>

namespace spiked::client {

std::string TimeText(double ms) {
  // A double has at most 309 digits before its point, and few after it here, as
  // times lie on the grid of a resolution.
  std::array<char, 512> text;
  const auto [end, error] = std::to_chars(text.begin(), text.end(), ms, std::chars_format::fixed);
  return {text.begin(), end};
}

}  // namespace spiked::client
