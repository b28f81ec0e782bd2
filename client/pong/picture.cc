#include "client/pong/picture.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "absl/strings/str_format.h"
#include "client/pong/exchange.h"

namespace spiked::pong {
namespace {

// What a pixel or a piece of text belongs to; decides its colour.
enum class Ink { kPlain, kLeft, kRight, kBall };

Ink InkOf(Side side) { return side == kLeft ? Ink::kLeft : Ink::kRight; }

std::string_view EscapeSequence(Ink ink) {
  switch (ink) {
    case Ink::kLeft:
      return "\x1b[36m";
    case Ink::kRight:
      return "\x1b[35m";
    case Ink::kBall:
      return "\x1b[1;33m";
    case Ink::kPlain:
      break;
  }
  return "\x1b[0m";
}

// One line of the picture, which never grows wider than the canvas.
class Line {
 public:
  explicit Line(const Canvas& canvas) : left_(canvas.width), color_(canvas.color) {}

  // Appends ASCII text.
  void Text(std::string_view text, Ink ink = Ink::kPlain) {
    text = text.substr(0, static_cast<size_t>(left_));
    Append(text, static_cast<int>(text.size()), ink);
  }

  // Appends one character of one column.
  void Glyph(std::string_view glyph, Ink ink = Ink::kPlain) {
    if (left_ > 0) Append(glyph, 1, ink);
  }

  // What is left of the width.
  int left() const { return left_; }

  std::string Finish() && {
    SetInk(Ink::kPlain);
    return std::move(text_);
  }

 private:
  void Append(std::string_view text, int columns, Ink ink) {
    SetInk(ink);
    text_ += text;
    left_ -= columns;
  }

  void SetInk(Ink ink) {
    if (color_ && ink != ink_) text_ += EscapeSequence(Ink::kPlain);
    if (color_ && ink != ink_ && ink != Ink::kPlain) text_ += EscapeSequence(ink);
    ink_ = ink;
  }

  std::string text_;
  Ink ink_ = Ink::kPlain;
  int left_;
  bool color_;
};

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
  void AppendLine(int line, Line* out) {
    for (int column = 0; column < columns_; ++column) {
      const Ink upper = At(rows_ - 1 - 2 * line, column);
      const Ink lower = At(rows_ - 2 - 2 * line, column);
      if (upper != Ink::kPlain && lower != Ink::kPlain) {
        out->Glyph("█", upper);
      } else if (upper != Ink::kPlain) {
        out->Glyph("▀", upper);
      } else if (lower != Ink::kPlain) {
        out->Glyph("▄", lower);
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

// Lines that are not the field: score, four charts, progress; and its frame.
constexpr int kOtherLines = 6;
constexpr int kFrameLines = 2;
constexpr int kFewestFieldLines = 4;
// Columns before and after a chart.
constexpr int kChartLabel = 19;
constexpr int kChartValue = 12;

// How many lines the field can have on the canvas; 0 if it does not fit.
int FieldLines(const Canvas& canvas) {
  const int by_height = canvas.height - kOtherLines - kFrameLines;
  const int by_width = static_cast<int>((canvas.width - 2) * kFieldHeight / kFieldLength / 2);
  const int lines = std::min(by_height, by_width);
  return lines < kFewestFieldLines ? 0 : lines;
}

void Repeat(std::string_view glyph, int times, Line* line, Ink ink = Ink::kPlain) {
  for (int k = 0; k < times; ++k) line->Glyph(glyph, ink);
}

void DrawScore(const Match& match, const Canvas& canvas, std::vector<std::string>* lines) {
  const std::string left(ShortName(match.kinds()[kLeft]));
  const std::string right(ShortName(match.kinds()[kRight]));
  const std::array<int, 2> score = match.game().field().score;
  // The colon is in the middle.
  const std::string before = absl::StrFormat("%s  %d", left, score[kLeft]);
  const std::string after = absl::StrFormat("%d  %s", score[kRight], right);
  Line line(canvas);
  line.Text(std::string(std::max(0, canvas.width / 2 - 2 - static_cast<int>(before.size())), ' '));
  line.Text(before, Ink::kLeft);
  line.Text(" : ");
  line.Text(after, Ink::kRight);
  lines->push_back(std::move(line).Finish());
}

void DrawField(const Field& field, const Canvas& canvas, std::vector<std::string>* lines) {
  const int field_lines = FieldLines(canvas);
  if (field_lines == 0) return;
  Pixels pixels(field_lines);
  pixels.Fill(0.0, field.paddles[kLeft], 0.0, kPaddleLength, Ink::kLeft);
  pixels.Fill(kFieldLength, field.paddles[kRight], 0.0, kPaddleLength, Ink::kRight);
  pixels.Fill(field.ball.x, field.ball.y, 2 * kBallRadius, 2 * kBallRadius, Ink::kBall);

  const std::string indent((canvas.width - 2 - pixels.columns()) / 2, ' ');
  const auto border = [&](std::string_view from, std::string_view to) {
    Line line(canvas);
    line.Text(indent);
    line.Glyph(from);
    Repeat("─", pixels.columns(), &line);
    line.Glyph(to);
    lines->push_back(std::move(line).Finish());
  };
  border("┌", "┐");
  for (int k = 0; k < pixels.lines(); ++k) {
    Line line(canvas);
    line.Text(indent);
    line.Glyph("│");
    pixels.AppendLine(k, &line);
    line.Glyph("│");
    lines->push_back(std::move(line).Finish());
  }
  border("└", "┘");
}

int ChartColumns(const Canvas& canvas) {
  return std::max(1, canvas.width - kChartLabel - kChartValue);
}

// A line with a label, a chart and a value.
template <typename GlyphAt>
void DrawChart(std::string_view label, GlyphAt glyph_at, std::string_view value, Ink ink,
               const Canvas& canvas, std::vector<std::string>* lines) {
  Line line(canvas);
  line.Text(absl::StrFormat("%-*s", kChartLabel, std::string(label)), ink);
  for (int column = 0; column < ChartColumns(canvas); ++column) line.Glyph(glyph_at(column), ink);
  line.Text(value);
  lines->push_back(std::move(line).Finish());
}

void DrawSpikes(const Match& match, Side side, const Canvas& canvas,
                std::vector<std::string>* lines) {
  const PlayerPoll& player = match.last().players[side];
  const auto& counts = player.counts;
  const int room = ChartColumns(canvas);
  const int neurons = static_cast<int>(counts.size());
  // A neuron takes several columns, or a column shows the most active of several
  // neurons.
  const int columns = neurons == 0 ? 0 : neurons <= room ? room / neurons * neurons : room;
  const uint32_t most = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  const auto glyph_at = [&](int column) -> std::string_view {
    if (column >= columns) return " ";
    const int first = static_cast<int>(int64_t{column} * neurons / columns);
    const int last = static_cast<int>(int64_t{column + 1} * neurons / columns);
    const uint32_t count =
        *std::max_element(counts.begin() + first, counts.begin() + std::max(first + 1, last));
    return Bar(most == 0 ? 0.0 : 1.0 * count / most);
  };
  DrawChart(absl::StrFormat("%-5s %-2s  spikes", kNetworks[side],
                            std::string(ShortName(match.kinds()[side]))),
            glyph_at, counts.empty() ? "" : absl::StrFormat("  winner %d", player.winner),
            InkOf(side), canvas, lines);
}

void DrawRewards(const Match& match, Side side, const Curve& curve, const Canvas& canvas,
                 std::vector<std::string>* lines) {
  const int columns = ChartColumns(canvas);
  const auto glyph_at = [&](int column) -> std::string_view {
    const auto value = curve.At(column, columns);
    return value ? Bar(*value) : " ";
  };
  DrawChart("       mean reward", glyph_at,
            absl::StrFormat("  %.3f", match.history(side).mean_reward()), InkOf(side), canvas,
            lines);
}

void DrawProgress(const Progress& progress, const Canvas& canvas, std::vector<std::string>* lines) {
  const std::string text =
      absl::StrFormat("  %d of %d  %s  %s left", progress.polls, progress.total,
                      FormatSpeed(progress), ReadableTime(progress.left()));
  Line line(canvas);
  const int columns = std::max(0, canvas.width - static_cast<int>(text.size()));
  const int done =
      static_cast<int>(columns * progress.polls / std::max<int64_t>(1, progress.total));
  Repeat("█", done, &line);
  Repeat("░", columns - done, &line);
  line.Text(text);
  lines->push_back(std::move(line).Finish());
}

}  // namespace

std::vector<std::string> Draw(const Match& match, const Progress& progress,
                              const std::array<Curve, 2>& mean_rewards, const Canvas& canvas) {
  std::vector<std::string> lines;
  DrawScore(match, canvas, &lines);
  DrawField(match.game().field(), canvas, &lines);
  DrawProgress(progress, canvas, &lines);
  for (const Side side : kSides) {
    DrawSpikes(match, side, canvas, &lines);
    DrawRewards(match, side, mean_rewards[side], canvas, &lines);
  }
  lines.resize(std::min(lines.size(), static_cast<size_t>(std::max(0, canvas.height))));
  return lines;
}

}  // namespace spiked::pong
