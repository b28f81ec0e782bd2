// The characters that the picture is made of, one column wide each.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace spiked::pong {

struct Glyphs {
  // Bars of a chart, from a trace to a full line, and shades from dark to light.
  std::array<std::string_view, 8> bars;
  std::span<const std::string_view> shades;
  // Two pixels above each other: the upper one, the lower one, both.
  std::string_view upper;
  std::string_view lower;
  std::string_view both;
  // A frame.
  std::string_view top_left;
  std::string_view top_right;
  std::string_view bottom_left;
  std::string_view bottom_right;
  std::string_view horizontal;
  std::string_view vertical;
  // Its left and right side where something is marked outside.
  std::string_view left_mark;
  std::string_view right_mark;
  // Beside the upper of two rows that share a line, the lower one, both.
  std::array<std::string_view, 3> row_marks;
  // A bar of progress: what is done, and what is not.
  std::string_view done;
  std::string_view to_do;

  // The bar that fills `share` (from 0 to 1) of its line; at least a trace is
  // left of 0.
  std::string_view Bar(double share) const;
  // The shade that is light by `share`.
  std::string_view Shade(double share) const;
};

// Block characters, or ASCII for terminals that have none.
const Glyphs& GlyphsOf(bool unicode);

}  // namespace spiked::pong
