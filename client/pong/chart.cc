#include "client/pong/chart.h"

#include <array>

namespace spiked::pong {

std::string_view Bar(double share) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double last = kBars.size() - 1.0;
  return kBars[static_cast<size_t>(std::clamp(share, 0.0, 1.0) * last + 0.5)];
}

}  // namespace spiked::pong
