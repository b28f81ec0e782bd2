#include "client/ctl/table.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace spiked::ctl {
namespace {

// Whether a character begins, of UTF-8.
bool Begins(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(text, Begins));
}

}  // namespace

std::string Clipped(absl::string_view lines, size_t columns) {
  std::string clipped;
  size_t width = 0;
  for (const char c : lines) {
    width = c == '\n' ? 0 : width + (Begins(c) ? 1 : 0);
    if (width <= columns) clipped += c;
  }
  return clipped;
}

std::string Printable(const std::string& text) {
  std::string printable;
  for (size_t k = 0; k < text.size(); ++k) {
    const auto byte = static_cast<unsigned char>(text[k]);
    // The controls of UTF-8's second block, too: C2 80 to C2 9F.
    const bool second_block =
        byte == 0xC2 && k + 1 < text.size() && static_cast<unsigned char>(text[k + 1]) < 0xA0;
    if (absl::ascii_iscntrl(byte) || second_block) {
      printable += '?';
      if (second_block) ++k;
    } else {
      printable += text[k];
    }
  }
  return printable;
}

std::string TableText(const std::vector<std::string>& heads,
                      const std::vector<std::vector<std::string>>& rows) {
  std::vector<bool> right(heads.size());
  std::vector<size_t> widths(heads.size());
  std::vector<std::vector<std::string>> lines(1);
  for (size_t column = 0; column < heads.size(); ++column) {
    right[column] = heads[column][0] == '>';
    lines[0].push_back(heads[column].substr(right[column] ? 1 : 0));
  }
  for (const auto& row : rows) {
    lines.emplace_back();
    for (const std::string& cell : row) lines.back().push_back(Printable(cell));
  }
  for (const auto& line : lines) {
    for (size_t column = 0; column < line.size(); ++column) {
      widths[column] = std::max(widths[column], WidthOf(line[column]));
    }
  }
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (size_t column = 0; column < line.size(); ++column) {
      const std::string padding(widths[column] - WidthOf(line[column]), ' ');
      absl::StrAppend(&row, column == 0 ? "" : "  ", right[column] ? padding : "", line[column],
                      right[column] ? "" : padding);
    }
    absl::StripTrailingAsciiWhitespace(&row);
    absl::StrAppend(&text, row, "\n");
  }
  return text;
}

}  // namespace spiked::ctl
