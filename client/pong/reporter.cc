#include "client/pong/reporter.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/pong/chart.h"
#include "client/pong/picture.h"
#include "client/pong/terminal.h"

namespace spiked::pong {
namespace {

constexpr absl::Duration kLineInterval = absl::Seconds(2);
constexpr absl::Duration kFrameInterval = absl::Milliseconds(50);

class PlainReporter : public Reporter {
 public:
  absl::Status Update(const Match& match, const Progress& progress) override {
    if (progress.elapsed < next_) return absl::OkStatus();
    next_ = progress.elapsed + kLineInterval;
    return WriteOut(absl::StrCat(ProgressLine(match, progress), "\n"));
  }

  absl::Status Finish(const Match& match, const Progress& progress) override {
    return WriteOut(absl::StrCat(ProgressLine(match, progress), "\n"));
  }

 private:
  absl::Duration next_ = kLineInterval;
};

class LiveReporter : public Reporter {
 public:
  explicit LiveReporter(int64_t total_polls) : curves_{Curve(total_polls), Curve(total_polls)} {
    screen_.emplace();
  }

  absl::Status Update(const Match& match, const Progress& progress) override {
    for (const Side side : kSides) {
      curves_[side].Add(match.last().index, match.last().players[side].mean_reward);
    }
    if (progress.elapsed < next_) return absl::OkStatus();
    next_ = progress.elapsed + kFrameInterval;
    return screen_->Show(Draw(match, progress, curves_, LiveScreen::canvas()));
  }

  absl::Status Finish(const Match& match, const Progress& progress) override {
    screen_.reset();
    return WriteOut(absl::StrCat(
        absl::StrJoin(Draw(match, progress, curves_, LiveScreen::canvas()), "\n"), "\n\n"));
  }

 private:
  std::array<Curve, 2> curves_;
  std::optional<LiveScreen> screen_;
  absl::Duration next_ = absl::ZeroDuration();
};

}  // namespace

std::unique_ptr<Reporter> MakePlainReporter() { return std::make_unique<PlainReporter>(); }

std::unique_ptr<Reporter> MakeLiveReporter(int64_t total_polls) {
  return std::make_unique<LiveReporter>(total_polls);
}

}  // namespace spiked::pong
