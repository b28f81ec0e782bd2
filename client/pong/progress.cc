#include "client/pong/progress.h"

#include "absl/strings/str_format.h"

namespace spiked::pong {

double Progress::polls_per_s() const {
  const double seconds = absl::ToDoubleSeconds(elapsed);
  return seconds > 0.0 ? static_cast<double>(polls - earlier) / seconds : 0.0;
}

double Progress::real_time_factor() const { return polls_per_s() * kPollMs / 1000.0; }

absl::Duration Progress::left() const {
  if (polls == earlier) return absl::InfiniteDuration();
  return elapsed * (static_cast<double>(total - polls) / static_cast<double>(polls - earlier));
}

std::string ReadableTime(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "? s";
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds < 9.995) return absl::StrFormat("%.2f s", seconds);
  const int64_t whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return absl::StrFormat("%d s", whole);
  if (whole < 3600) return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  return absl::StrFormat("%d h %02d min", whole / 3600, whole / 60 % 60);
}

std::string FormatRate(double rate) { return absl::StrFormat("%.*f", rate < 10.0 ? 2 : 0, rate); }

std::string FormatSpeed(const Progress& progress) {
  return absl::StrFormat("%s polls/s, %sx real time", FormatRate(progress.polls_per_s()),
                         FormatRate(progress.real_time_factor()));
}

std::string ProgressLine(const Match& match, const Progress& progress) {
  const std::array<int, 2> score = match.game().field().score;
  std::string line =
      absl::StrFormat("poll %d of %d (%d%%)  score %d:%d  mean reward", progress.polls,
                      progress.total, progress.percent(), score[kLeft], score[kRight]);
  for (const Side side : kSides) {
    absl::StrAppendFormat(&line, "  %s %.3f", std::string(ShortName(match.kinds()[side])),
                          match.history(side).mean_reward());
  }
  absl::StrAppendFormat(&line, "  %s  %s left", FormatSpeed(progress),
                        ReadableTime(progress.left()));
  return line;
}

}  // namespace spiked::pong
