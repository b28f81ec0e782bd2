#include "client/ctl/raster.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/ctl/output.h"

namespace spiked::ctl {
namespace {

constexpr size_t kNameColumns = 24, kRateColumns = 10, kFewestDots = 8;

// A letter of Braille is two dots wide and four high; its dots as they are numbered.
constexpr size_t kDotColumns = 2, kDotRows = 4;
constexpr std::array<std::array<uint8_t, kDotColumns>, kDotRows> kDots = {
    {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};

// Of U+2800, in UTF-8.
void AppendBraille(uint8_t dots, std::string* text) {
  if (dots == 0) {
    *text += ' ';
    return;
  }
  *text += '\xE2';
  *text += static_cast<char>(0xA0 | (dots >> 6));
  *text += static_cast<char>(0x80 | (dots & 0x3F));
}

}  // namespace

void Raster::Add(const v1::WatchSessionResponse& frame) {
  const double now_ms = frame.time_ms();
  if (frame.populations_size() > 0) {
    std::vector<Population> populations;
    for (const v1::WatchedPopulation& told : frame.populations()) {
      if (!told.recorded()) continue;
      Population population{.name = told.population(), .size = told.size(), .spikes = {}};
      const auto old = std::ranges::find(populations_, population.name, &Population::name);
      if (old != populations_.end()) population.spikes = std::move(old->spikes);
      populations.push_back(std::move(population));
    }
    populations_ = std::move(populations);
  }
  if (last_.time_ms() == 0 || now_ms < last_.time_ms()) {
    begin_ms_ = frame.begin_time_ms();
    for (Population& population : populations_) population.spikes.clear();
  }
  for (const v1::Spikes& spikes : frame.spikes()) {
    const auto population = std::ranges::find(populations_, spikes.population(), &Population::name);
    if (population == populations_.end()) continue;
    for (int k = 0; k < spikes.times_ms_size(); ++k) {
      population->spikes.push_back({.time_ms = spikes.times_ms(k), .sender = spikes.senders(k)});
    }
  }
  for (Population& population : populations_) {
    while (!population.spikes.empty() && population.spikes.front().time_ms <= now_ms - window_ms_) {
      population.spikes.pop_front();
    }
  }
  lost_ += frame.lost_frames();
  last_ = frame;
}

std::string Raster::Head() const {
  std::string head = absl::StrCat(SpanText(last_.time_ms()), "  ",
                                  absl::AsciiStrToLower(absl::StripPrefix(
                                      v1::SessionState_Name(last_.state()), "SESSION_STATE_")));
  if (last_.speed() > 0) absl::StrAppendFormat(&head, "  %.3g times real time", last_.speed());
  if (lost_ > 0) absl::StrAppend(&head, "  ", lost_, " frames lost");
  return head + "\n";
}

std::string Raster::Draw(size_t columns, size_t lines) const {
  std::string text = Head();
  if (populations_.empty()) return text + "nothing is recorded\n";
  size_t name_columns = 0;
  for (const Population& population : populations_) {
    name_columns = std::max(name_columns, population.name.size());
  }
  name_columns = std::min(name_columns, kNameColumns);
  const size_t taken = name_columns + kRateColumns + 2;
  const size_t width = std::max(kFewestDots, columns > taken ? columns - taken : 0);
  const double begin_ms = last_.time_ms() - window_ms_;
  const double shown_s = (last_.time_ms() - std::max(begin_ms, begin_ms_)) / 1000;
  size_t left = std::max<size_t>(lines, 3) - 2;  // head and axis
  for (size_t k = 0; k < populations_.size() && left > 0; ++k) {
    const Population& population = populations_[k];
    const size_t others = std::min(populations_.size() - k, left);
    const size_t height = std::clamp<size_t>((population.size + kDotRows - 1) / kDotRows, 1,
                                             std::max<size_t>(1, left / others));
    left -= height;
    std::vector<uint8_t> dots(width * height);
    const size_t rows = kDotRows * height;
    for (const Spike& spike : population.spikes) {
      const double place = (spike.time_ms - begin_ms) / window_ms_;
      const auto x =
          std::min(kDotColumns * width - 1,
                   static_cast<size_t>(place * static_cast<double>(kDotColumns * width)));
      const size_t y =
          population.size <= rows ? spike.sender : spike.sender * rows / population.size;
      dots[y / kDotRows * width + x / kDotColumns] |= kDots[y % kDotRows][x % kDotColumns];
    }
    for (size_t row = 0; row < height; ++row) {
      absl::StrAppendFormat(&text, "%-*s ", static_cast<int>(name_columns),
                            row == 0 ? population.name.substr(0, name_columns) : "");
      for (size_t x = 0; x < width; ++x) AppendBraille(dots[row * width + x], &text);
      if (row == 0 && shown_s > 0) {
        absl::StrAppendFormat(&text, " %7.1f Hz",
                              static_cast<double>(population.spikes.size()) / shown_s /
                                  std::max<uint32_t>(1, population.size));
      }
      text += '\n';
    }
  }
  const std::string from = absl::StrFormat("-%g ms", window_ms_), to = "now";
  absl::StrAppendFormat(&text, "%*s%s%*s\n", static_cast<int>(name_columns + 1), "", from,
                        static_cast<int>(width > from.size() ? width - from.size() : 0), to);
  return text;
}

}  // namespace spiked::ctl
