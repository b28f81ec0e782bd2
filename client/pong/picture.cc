#include "client/pong/picture.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/pong/exchange.h"
#include "client/pong/glyphs.h"
#include "client/pong/weight_image.h"

namespace spiked::pong {
namespace {

// The field as pixels, two above each other in one character.
class Pixels {
 public:
  // `lines` lines of characters, wide enough for the shape of the field.
  explicit Pixels(int lines)
      : rows_(2 * lines),
        columns_(static_cast<int>(rows_ * kFieldLength / kFieldHeight)),
        inks_(static_cast<size_t>(rows_) * columns_, Ink::kPlain) {}

  int lines() const { return rows_ / 2; }
  int columns() const { return columns_; }

  // Fills a rectangle of the field, given by its middle and its sides, rounded
  // to pixels (at least one) so that it keeps its shape as it moves.
  void Fill(double x, double y, double length, double height, Ink ink) {
    const Span columns = SpanOf(x / kFieldLength, length / kFieldLength, columns_);
    const Span rows = SpanOf(y / kFieldHeight, height / kFieldHeight, rows_);
    for (int row = rows.first; row < rows.last; ++row) {
      for (int column = columns.first; column < columns.last; ++column) At(row, column) = ink;
    }
  }

  // Appends line `line`, counted from the top.
  void AppendLine(int line, const Glyphs& glyphs, Line* out) {
    for (int column = 0; column < columns_; ++column) {
      const Ink upper = At(rows_ - 1 - 2 * line, column);
      const Ink lower = At(rows_ - 2 - 2 * line, column);
      if (upper != Ink::kPlain && lower != Ink::kPlain) {
        out->Glyph(glyphs.both, upper);
      } else if (upper != Ink::kPlain) {
        out->Glyph(glyphs.upper, upper);
      } else if (lower != Ink::kPlain) {
        out->Glyph(glyphs.lower, lower);
      } else {
        out->Text(" ");
      }
    }
  }

 private:
  // Pixels from `first` up to but not including `last`.
  struct Span {
    int first;
    int last;
  };

  // The pixels, of `count`, of something of a size around a middle, both given
  // as shares of the whole; moved inside where it sticks out.
  static Span SpanOf(double middle, double size, int count) {
    const int pixels = std::clamp(static_cast<int>(std::lround(size * count)), 1, count);
    const int first = static_cast<int>(std::lround(middle * count - pixels / 2.0));
    const int inside = std::clamp(first, 0, count - pixels);
    return {inside, inside + pixels};
  }

  // Row 0 is at the bottom, as y is.
  Ink& At(int row, int column) { return inks_[static_cast<size_t>(row) * columns_ + column]; }

  int rows_;
  int columns_;
  std::vector<Ink> inks_;
};

// Lines beside the field and the charts: score, progress, and the field's frame.
constexpr int kOtherLines = 2;
constexpr int kFrameLines = 2;
constexpr int kFewestFieldLines = 5;
constexpr int kFewestWeightPixels = 5;
// Columns before and after a chart, where there is room for words and where not.
constexpr int kLabelColumns = 17;
constexpr int kValueColumns = 20;
constexpr int kShortLabelColumns = 10;
constexpr int kShortValueColumns = 6;
constexpr int kFewestChartColumns = 20;
// Columns of the bar of progress.
constexpr int kFewestBarColumns = 12;

// What has a place on a canvas.
struct Layout {
  // Columns of all but the weights.
  int columns = 0;
  // Lines of the field without its frame; 0 where it has no place.
  int field_lines = 0;
  bool spikes = true;
  bool rewards = true;
  // Rows and columns of each player's weights; 0 where they have no place.
  int weight_pixels = 0;
};

// Columns that the weights take: a gap, a mark, and the pixels.
int WeightColumns(int pixels) { return pixels == 0 ? 0 : pixels + 2; }

// Lines of both players' weights, with a title each and a gap between.
int WeightLines(int pixels) { return 2 * (1 + (pixels + 1) / 2) + 1; }

// The place of all but the weights, in so many columns.
Layout LayOutMatch(int columns, int lines) {
  const int by_width = static_cast<int>((columns - 2) * kFieldHeight / kFieldLength / 2);
  const auto field_lines = [&](int charts) {
    return std::min(lines - kOtherLines - kFrameLines - charts, by_width);
  };
  Layout layout{.columns = columns};
  for (const int charts : {4, 2, 0}) {
    if (field_lines(charts) < kFewestFieldLines) continue;
    layout.field_lines = field_lines(charts);
    layout.spikes = charts == 4;
    layout.rewards = charts > 0;
    break;
  }
  return layout;
}

// Whether the weights may have so many pixels: the field keeps most of its size,
// and what is around it its place.
bool GiveWay(const Layout& alone, int pixels, const Canvas& canvas, Layout* layout) {
  *layout = LayOutMatch(canvas.width - WeightColumns(pixels), canvas.height);
  layout->weight_pixels = pixels;
  return WeightLines(pixels) <= canvas.height && layout->spikes == alone.spikes &&
         layout->rewards == alone.rewards && layout->field_lines > 0 &&
         4 * layout->field_lines >= 3 * alone.field_lines;
}

Layout LayOut(const Scene& scene, const Canvas& canvas) {
  const Layout alone = LayOutMatch(canvas.width, canvas.height);
  if (scene.weights == nullptr) return alone;
  const int cells = scene.match.game().rows();
  Layout layout;
  // As large as may be: several pixels a weight, or several weights a pixel.
  for (int scale = std::max(1, canvas.height / cells); scale >= 1; --scale) {
    if (GiveWay(alone, scale * cells, canvas, &layout)) return layout;
  }
  for (int share = 2; cells / share >= kFewestWeightPixels; ++share) {
    if (GiveWay(alone, (cells + share - 1) / share, canvas, &layout)) return layout;
  }
  return alone;
}

// The longest of texts, from short to long, that fits into so many columns; the
// shortest if none does.
std::string Longest(std::initializer_list<std::string> texts, int columns) {
  std::string longest = *texts.begin();
  for (const std::string& text : texts) {
    if (static_cast<int>(text.size()) <= columns) longest = text;
  }
  return longest;
}

// Draws the parts, each of which appends its lines.
class Painter {
 public:
  Painter(const Scene& scene, const Canvas& canvas)
      : scene_(scene),
        match_(scene.match),
        canvas_(canvas),
        layout_(LayOut(scene, canvas)),
        glyphs_(GlyphsOf(canvas.unicode)) {}

  std::vector<std::string> Paint() && {
    PaintScore();
    PaintField();
    PaintProgress();
    for (const Side side : kSides) {
      if (layout_.spikes) PaintSpikes(side);
      if (layout_.rewards) PaintRewards(side);
    }
    PaintWeights();
    lines_.resize(std::min(lines_.size(), static_cast<size_t>(std::max(0, canvas_.height))),
                  NewLine());
    std::vector<std::string> text;
    for (Line& line : lines_) text.push_back(std::move(line).Finish());
    return text;
  }

 private:
  // A line of all but the weights.
  Line NewLine() const {
    Canvas canvas = canvas_;
    canvas.width = layout_.columns;
    return Line(canvas);
  }

  std::string NameOf(Side side) const { return std::string(ShortName(match_.kinds()[side])); }

  // Before the first poll there is only the field as it begins.
  bool played() const { return match_.polls() > 0; }
  const Field& field() const { return played() ? match_.last().field : match_.game().field(); }
  int ball_cell() const { return played() ? match_.last().ball_row : match_.game().ball_row(); }

  void PaintScore() {
    const std::array<int, 2> score = match_.game().field().score;
    // The colon is in the middle.
    const std::string before = absl::StrFormat("%s  %d", NameOf(kLeft), score[kLeft]);
    Line& line = lines_.emplace_back(NewLine());
    line.Glyph(" ", Ink::kPlain, layout_.columns / 2 - 2 - static_cast<int>(before.size()));
    line.Text(before, Ink::kLeft);
    line.Text(" : ");
    line.Text(absl::StrFormat("%d  %s", score[kRight], NameOf(kRight)), Ink::kRight);
  }

  void PaintField() {
    if (layout_.field_lines == 0) return;
    Pixels pixels(layout_.field_lines);
    pixels.Fill(0.0, field().paddles[kLeft], 0.0, kPaddleLength, Ink::kLeft);
    pixels.Fill(kFieldLength, field().paddles[kRight], 0.0, kPaddleLength, Ink::kRight);
    pixels.Fill(field().ball.x, field().ball.y, 2 * kBallRadius, 2 * kBallRadius, Ink::kBall);

    const int indent = (layout_.columns - 2 - pixels.columns()) / 2;
    const auto border = [&](std::string_view from, std::string_view to) {
      Line& line = lines_.emplace_back(NewLine());
      line.Glyph(" ", Ink::kPlain, indent);
      line.Glyph(from);
      line.Glyph(glyphs_.horizontal, Ink::kPlain, pixels.columns());
      line.Glyph(to);
    };
    // The line in which the middle of the ball's cell is.
    const double cell_middle = (ball_cell() + 0.5) / match_.game().rows();
    const int marked = static_cast<int>((1.0 - cell_middle) * pixels.lines());
    border(glyphs_.top_left, glyphs_.top_right);
    for (int k = 0; k < pixels.lines(); ++k) {
      const Ink ink = k == marked ? Ink::kBall : Ink::kPlain;
      Line& line = lines_.emplace_back(NewLine());
      line.Glyph(" ", Ink::kPlain, indent);
      line.Glyph(k == marked ? glyphs_.left_mark : glyphs_.vertical, ink);
      pixels.AppendLine(k, glyphs_, &line);
      line.Glyph(k == marked ? glyphs_.right_mark : glyphs_.vertical, ink);
    }
    border(glyphs_.bottom_left, glyphs_.bottom_right);
  }

  void PaintProgress() {
    const Progress& progress = scene_.progress;
    const std::string count = absl::StrFormat("  %d of %d", progress.polls, progress.total);
    const std::string left = absl::StrFormat("  %s left", ReadableTime(progress.left()));
    const std::string text =
        Longest({count, absl::StrCat(count, left),
                 absl::StrFormat("%s  %sx real time%s", count,
                                 FormatRate(progress.real_time_factor()), left),
                 absl::StrFormat("%s  %s%s", count, FormatSpeed(progress), left)},
                layout_.columns - kFewestBarColumns);
    const int columns = std::max(0, layout_.columns - static_cast<int>(text.size()));
    const int done =
        static_cast<int>(columns * progress.polls / std::max<int64_t>(1, progress.total));
    Line& line = lines_.emplace_back(NewLine());
    line.Glyph(glyphs_.done, Ink::kPlain, done);
    line.Glyph(glyphs_.to_do, Ink::kPlain, columns - done);
    line.Text(text);
  }

  bool wordy() const {
    return layout_.columns >= kLabelColumns + kFewestChartColumns + kValueColumns;
  }

  int ChartColumns() const {
    return std::max(1, layout_.columns - (wordy() ? kLabelColumns + kValueColumns
                                                  : kShortLabelColumns + kShortValueColumns));
  }

  // A line with a label, a chart and a value. `glyph_at` gives the character and
  // the ink of a column.
  template <typename GlyphAt>
  void PaintChart(std::string_view label, GlyphAt glyph_at, std::string_view value, Ink ink) {
    Line& line = lines_.emplace_back(NewLine());
    line.Text(
        absl::StrFormat("%-*s", wordy() ? kLabelColumns : kShortLabelColumns, std::string(label)),
        ink);
    for (int column = 0; column < ChartColumns(); ++column) {
      const auto [glyph, its_ink] = glyph_at(column);
      line.Glyph(glyph, its_ink);
    }
    line.Text(value);
  }

  void PaintSpikes(Side side) {
    const PlayerPoll& player = match_.last().players[side];
    const auto& counts = player.counts;
    const int room = ChartColumns();
    const int neurons = static_cast<int>(counts.size());
    // A neuron takes several columns, or a column shows the most active of several
    // neurons.
    const int columns = neurons == 0 ? 0 : neurons <= room ? room / neurons * neurons : room;
    const uint32_t most = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
    const auto glyph_at = [&](int column) -> std::pair<std::string_view, Ink> {
      if (column >= columns) return {" ", Ink::kPlain};
      const int first = static_cast<int>(int64_t{column} * neurons / columns);
      const int last =
          std::max(first + 1, static_cast<int>(int64_t{column + 1} * neurons / columns));
      const uint32_t count = *std::max_element(counts.begin() + first, counts.begin() + last);
      const bool ball = first <= ball_cell() && ball_cell() < last;
      return {glyphs_.Bar(most == 0 ? 0.0 : 1.0 * count / most), ball ? Ink::kBall : InkOf(side)};
    };
    const std::string name = NameOf(side);
    PaintChart(wordy() ? absl::StrFormat("%-5s %-2s  spikes", kNetworks[side], name)
                       : absl::StrFormat("%-2s spikes", name),
               glyph_at,
               counts.empty() || !wordy()
                   ? ""
                   : absl::StrFormat("  winner %d, ball %d", player.winner, ball_cell()),
               InkOf(side));
  }

  void PaintRewards(Side side) {
    const Curve& curve = scene_.mean_rewards[side];
    const int columns = ChartColumns();
    const auto glyph_at = [&](int column) -> std::pair<std::string_view, Ink> {
      const auto value = curve.At(column, columns);
      return {value ? glyphs_.Bar(*value) : " ", InkOf(side)};
    };
    PaintChart(wordy() ? "     mean reward" : absl::StrFormat("%-2s reward", NameOf(side)),
               glyph_at,
               absl::StrFormat("%s%.3f", wordy() ? "  " : " ", match_.history(side).mean_reward()),
               InkOf(side));
  }

  // To the right of all lines so far.
  void PaintWeights() {
    if (layout_.weight_pixels == 0) return;
    const int pixels = layout_.weight_pixels;
    size_t at = 0;
    const auto next_line = [&]() -> Line& {
      while (lines_.size() <= at) lines_.emplace_back(NewLine());
      Line& line = lines_[at++];
      line.GoOn(layout_.columns + 1, canvas_.width);
      return line;
    };
    for (const Side side : kSides) {
      if (side == kRight) ++at;
      const WeightImage image((*scene_.weights)[side], pixels);
      next_line().Text(
          Longest({NameOf(side), absl::StrFormat("%s %s", kNetworks[side], NameOf(side)),
                   absl::StrFormat("%s %s %.0f-%.0f pA", kNetworks[side], NameOf(side),
                                   image.darkest(), image.lightest())},
                  pixels + 1),
          InkOf(side));
      for (int line = 0; line < image.lines(); ++line) {
        image.AppendLine(line, ball_cell(), canvas_, &next_line());
      }
    }
    if (WeightLines(pixels) < canvas_.height) {
      next_line().Text(Longest({"", "weights", "weights ball > neuron"}, pixels + 1));
    }
  }

  const Scene& scene_;
  const Match& match_;
  const Canvas& canvas_;
  const Layout layout_;
  const Glyphs& glyphs_;
  std::vector<Line> lines_;
};

}  // namespace

std::vector<std::string> Draw(const Scene& scene, const Canvas& canvas) {
  return Painter(scene, canvas).Paint();
}

}  // namespace spiked::pong
