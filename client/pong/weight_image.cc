#include "client/pong/weight_image.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "client/pong/glyphs.h"

namespace spiked::pong {
namespace {

// Weights of a player that has learnt are several times as far apart.
constexpr double kLeastRangePa = 100.0;

struct Span {
  uint32_t first;
  uint32_t last;
};

// The cells that a pixel covers: at least one.
Span CellsOf(int pixel, int pixels, int cells) {
  const auto first = static_cast<uint32_t>(pixel * cells / pixels);
  return {first, std::max(first + 1, static_cast<uint32_t>((pixel + 1) * cells / pixels))};
}

double Mean(const client::Weights& weights, Span rows, Span columns) {
  double sum = 0.0;
  for (uint32_t row = rows.first; row < rows.last; ++row) {
    for (uint32_t column = columns.first; column < columns.last; ++column) {
      sum += weights.at(row, column);
    }
  }
  return sum / (rows.last - rows.first) / (columns.last - columns.first);
}

}  // namespace

WeightImage::WeightImage(const client::Weights& weights, int pixels)
    : cells_(static_cast<int>(weights.rows)), pixels_(pixels) {
  for (int row = 0; row < pixels; ++row) {
    for (int column = 0; column < pixels; ++column) {
      means_.push_back(
          Mean(weights, CellsOf(row, pixels, cells_), CellsOf(column, pixels, cells_)));
    }
  }
  const auto [least, most] = std::minmax_element(means_.begin(), means_.end());
  darkest_ = *least;
  lightest_ = std::max(*most, *least + kLeastRangePa);
}

void WeightImage::AppendLine(int line, int marked_cell, const Canvas& canvas, Line* out) const {
  const Glyphs& glyphs = GlyphsOf(canvas.unicode);
  // An odd number of rows leaves the lower half of the last line empty.
  const int upper = pixels_ - 1 - 2 * line;
  const int lower = upper - 1;
  const auto marked = [&](int row) {
    if (row < 0) return false;
    const Span cells = CellsOf(row, pixels_, cells_);
    return static_cast<int>(cells.first) <= marked_cell &&
           marked_cell < static_cast<int>(cells.last);
  };
  if (marked(upper) || marked(lower)) {
    const auto& [upper_mark, lower_mark, both_mark] = glyphs.row_marks;
    out->Glyph(!marked(lower) ? upper_mark : !marked(upper) ? lower_mark : both_mark, Ink::kBall);
  } else {
    out->Text(" ");
  }
  for (int column = 0; column < pixels_; ++column) {
    if (canvas.color && canvas.unicode) {
      out->Halves(Lightness(upper, column), lower < 0 ? 0.0 : Lightness(lower, column));
    } else {
      // A character has one shade.
      const double both = Lightness(upper, column) + Lightness(std::max(lower, 0), column);
      out->Glyph(glyphs.Shade(both / 2));
    }
  }
}

double WeightImage::Lightness(int row, int column) const {
  const double mean =
      means_[static_cast<size_t>(row) * static_cast<size_t>(pixels_) + static_cast<size_t>(column)];
  return (mean - darkest_) / (lightest_ - darkest_);
}

}  // namespace spiked::pong
