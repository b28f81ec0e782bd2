#include "client/pong/reporter.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/command_line/streams.h"
#include "client/pong/curve.h"
#include "client/pong/picture.h"
#include "client/pong/terminal.h"

namespace spiked::pong {
namespace {

constexpr absl::Duration kLineInterval = absl::Seconds(2);
constexpr absl::Duration kFrameInterval = absl::Milliseconds(50);
// Weights change slowly, and take time to read.
constexpr absl::Duration kWeightsInterval = absl::Milliseconds(250);

class PlainReporter : public Reporter {
 public:
  bool WantsWeights(const Progress&) const override { return false; }

  absl::Status Update(const Match& match, const Progress& progress,
                      const std::array<client::Weights, 2>*) override {
    if (progress.elapsed < next_) return absl::OkStatus();
    next_ = progress.elapsed + kLineInterval;
    return WriteOut(absl::StrCat(ProgressLine(match, progress), "\n"));
  }

  absl::Status Finish(const Match& match, const Progress& progress,
                      const std::array<client::Weights, 2>&) override {
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

  bool WantsWeights(const Progress& progress) const override {
    return progress.elapsed >= next_weights_;
  }

  absl::Status Update(const Match& match, const Progress& progress,
                      const std::array<client::Weights, 2>* weights) override {
    if (weights != nullptr) {
      weights_ = *weights;
      next_weights_ = progress.elapsed + kWeightsInterval;
    }
    for (const Side side : kSides) {
      curves_[side].Add(match.last().index, match.last().players[side].mean_reward);
    }
    if (progress.elapsed < next_) return absl::OkStatus();
    next_ = progress.elapsed + kFrameInterval;
    return screen_->Show(Picture(match, progress));
  }

  absl::Status Finish(const Match& match, const Progress& progress,
                      const std::array<client::Weights, 2>& weights) override {
    weights_ = weights;
    screen_.reset();
    return WriteOut(absl::StrCat(absl::StrJoin(Picture(match, progress), "\n"), "\n\n"));
  }

 private:
  std::vector<std::string> Picture(const Match& match, const Progress& progress) const {
    return Draw({.match = match,
                 .progress = progress,
                 .mean_rewards = curves_,
                 .weights = weights_ ? &*weights_ : nullptr},
                LiveScreen::canvas());
  }

  std::array<Curve, 2> curves_;
  std::optional<std::array<client::Weights, 2>> weights_;
  std::optional<LiveScreen> screen_;
  // When to draw and when to read weights next.
  absl::Duration next_ = absl::ZeroDuration();
  absl::Duration next_weights_ = absl::ZeroDuration();
};

}  // namespace

std::unique_ptr<Reporter> MakePlainReporter() { return std::make_unique<PlainReporter>(); }

std::unique_ptr<Reporter> MakeLiveReporter(int64_t total_polls) {
  return std::make_unique<LiveReporter>(total_polls);
}

}  // namespace spiked::pong
