// What the picture is drawn on, line by line.
#pragma once

#include <string>
#include <string_view>

#include "client/pong/game.h"

namespace spiked::pong {

// Where the picture has to fit, and what can be shown there.
struct Canvas {
  // Columns and lines.
  int width = 80;
  int height = 24;
  // Whether to use the colours of ANSI terminals.
  bool color = false;
  // Whether to use block characters rather than ASCII alone.
  bool unicode = true;
};

// What a pixel or a piece of text belongs to; decides its colour.
enum class Ink { kPlain, kLeft, kRight, kBall };

Ink InkOf(Side side);

// One line of the picture (UTF-8), which never grows wider than it may.
class Line {
 public:
  explicit Line(const Canvas& canvas) : right_(canvas.width), color_(canvas.color) {}

  // Appends ASCII text.
  void Text(std::string_view text, Ink ink = Ink::kPlain);
  // Appends one character of one column, `times` times.
  void Glyph(std::string_view glyph, Ink ink = Ink::kPlain, int times = 1);
  // Appends a character whose upper half is light by one share (from 0 to 1),
  // whose lower half by another; needs colours and block characters.
  void Halves(double upper, double lower);

  // Goes on at `column`, which is not before what has been drawn, up to but not
  // including column `right`.
  void GoOn(int column, int right);

  std::string Finish() &&;

 private:
  void Append(std::string_view text, int columns, std::string_view style);
  void SetStyle(std::string_view style);

  std::string text_;
  // Columns drawn, and where the line has to end.
  int columns_ = 0;
  int right_;
  bool color_;
  // Parameters of the escape sequence that is in force; empty for none.
  std::string style_;
};

}  // namespace spiked::pong
