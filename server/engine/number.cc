#include "server/engine/number.h"

#include <charconv>
#include <cmath>

namespace spiked::engine {

std::string ToText(double number) {
  const double size = std::abs(number);
  const bool plain = number == 0.0 || (size >= 1e-5 && size < 1e15);
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  // The scientific format also writes what is not finite.
  return {text, end.ptr};
}

}  // namespace spiked::engine
