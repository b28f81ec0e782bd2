#include "client/pong/canvas.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spiked::pong {
namespace {

std::string_view StyleOf(Ink ink) {
  switch (ink) {
    case Ink::kLeft:
      return "36";
    case Ink::kRight:
      return "35";
    case Ink::kBall:
      return "1;33";
    case Ink::kPlain:
      break;
  }
  return "";
}

// The grey that is so light, of the 24 among a terminal's 256 colours.
int Grey(double share) {
  return 232 + static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * 23));
}

}  // namespace

Ink InkOf(Side side) { return side == kLeft ? Ink::kLeft : Ink::kRight; }

void Line::Text(std::string_view text, Ink ink) {
  text = text.substr(0, static_cast<size_t>(std::max(0, right_ - columns_)));
  Append(text, static_cast<int>(text.size()), StyleOf(ink));
}

void Line::Glyph(std::string_view glyph, Ink ink, int times) {
  for (; times > 0 && columns_ < right_; --times) Append(glyph, 1, StyleOf(ink));
}

void Line::Halves(double upper, double lower) {
  if (columns_ < right_) {
    Append("▀", 1, absl::StrCat("38;5;", Grey(upper), ";48;5;", Grey(lower)));
  }
}

void Line::GoOn(int column, int right) {
  right_ = std::max(column, right_);
  Text(std::string(static_cast<size_t>(std::max(0, column - columns_)), ' '));
  right_ = right;
}

std::string Line::Finish() && {
  SetStyle("");
  return std::move(text_);
}

void Line::Append(std::string_view text, int columns, std::string_view style) {
  SetStyle(style);
  text_ += text;
  columns_ += columns;
}

void Line::SetStyle(std::string_view style) {
  if (!color_ || style == style_) return;
  absl::StrAppend(&text_, "\x1b[0", style.empty() ? "" : ";", std::string(style), "m");
  style_ = style;
}

}  // namespace spiked::pong
