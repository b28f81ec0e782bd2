#include "client/pong/glyphs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace spiked::pong {
namespace {

constexpr std::array<std::string_view, 5> kBlockShades = {" ", "░", "▒", "▓", "█"};
constexpr std::array<std::string_view, 8> kAsciiShades = {" ", ".", ":", "-", "=", "+", "*", "#"};

constexpr Glyphs kBlocks = {.bars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
                            .shades = kBlockShades,
                            .upper = "▀",
                            .lower = "▄",
                            .both = "█",
                            .top_left = "┌",
                            .top_right = "┐",
                            .bottom_left = "└",
                            .bottom_right = "┘",
                            .horizontal = "─",
                            .vertical = "│",
                            .left_mark = "┤",
                            .right_mark = "├",
                            .row_marks = {"▀", "▄", "█"},
                            .done = "█",
                            .to_do = "░"};

constexpr Glyphs kAscii = {.bars = {"_", ".", ":", "-", "=", "+", "*", "#"},
                           .shades = kAsciiShades,
                           .upper = "\"",
                           .lower = ".",
                           .both = "#",
                           .top_left = "+",
                           .top_right = "+",
                           .bottom_left = "+",
                           .bottom_right = "+",
                           .horizontal = "-",
                           .vertical = "|",
                           .left_mark = "+",
                           .right_mark = "+",
                           .row_marks = {">", ">", ">"},
                           .done = "#",
                           .to_do = "."};

std::string_view Pick(std::span<const std::string_view> glyphs, double share) {
  const double last = static_cast<double>(glyphs.size()) - 1.0;
  return glyphs[static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * last))];
}

}  // namespace

std::string_view Glyphs::Bar(double share) const { return Pick(bars, share); }

std::string_view Glyphs::Shade(double share) const { return Pick(shades, share); }

const Glyphs& GlyphsOf(bool unicode) { return unicode ? kBlocks : kAscii; }

}  // namespace spiked::pong
