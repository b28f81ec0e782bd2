#include "client/pong/play.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cpp/step_stream.h"
#include "client/pong/exchange.h"
#include "client/pong/record.h"

namespace spiked::pong {
namespace {

using BothWeights = std::array<client::Weights, 2>;
using Clock = std::chrono::steady_clock;

// Makes polls begin at most `speed` times as fast as real time.
class Pacer {
 public:
  explicit Pacer(double speed)
      : interval_(speed > 0.0 ? absl::Milliseconds(kPollMs) / speed : absl::ZeroDuration()) {}

  // Waits until the next poll is due, or until `stop` says so.
  void Wait(const std::function<bool()>& stop) {
    if (interval_ == absl::ZeroDuration()) return;
    // What was late is not caught up.
    due_ = std::max(due_ + interval_, Elapsed());
    while (!stop()) {
      const absl::Duration left = due_ - Elapsed();
      if (left <= absl::ZeroDuration()) return;
      std::this_thread::sleep_for(
          absl::ToChronoMicroseconds(std::min(left, absl::Milliseconds(50))));
    }
  }

  // Wall time since the pacer was made.
  absl::Duration Elapsed() const { return absl::FromChrono(Clock::now() - start_); }

 private:
  absl::Duration interval_;
  Clock::time_point start_ = Clock::now();
  absl::Duration due_;
};

// One poll: one round trip, then the players' and the game's part. Returns the
// weights at its end if they are asked for.
absl::StatusOr<std::optional<BothWeights>> PlayPoll(bool read_weights, client::StepStream& stream,
                                                    Match& match) {
  const auto response = stream.Step(PollRequest(match, read_weights));
  if (!response.ok()) return response.status();
  auto counts = MotorCounts(match, **response);
  if (!counts.ok()) return counts.status();
  match.Play(*std::move(counts));
  if (!read_weights) return std::nullopt;
  return PlayerWeights(match, **response);
}

// Carries out a step that reads the weights of both players.
absl::StatusOr<BothWeights> ReadWeights(client::StepStream& stream, const Match& match) {
  const auto response = stream.Step(SettleRequest(match));
  if (!response.ok()) return response.status();
  return PlayerWeights(match, **response);
}

}  // namespace

absl::StatusOr<Summary> Play(client::Session session, Match match, const PlayOptions& options,
                             Reporter& reporter) {
  for (const Side side : kSides) {
    const auto network = session.CreateNetwork(
        kNetworks[side], PlayerPreset(match.kinds()[side], match.game().rows()));
    if (!network.ok()) return network.status();
  }
  client::StepStream stream = session.OpenStepStream();
  const auto before = ReadWeights(stream, match);
  if (!before.ok()) return before.status();

  Progress progress{.total = options.polls};
  Pacer pacer(options.speed);
  while (progress.polls < progress.total && !options.stop()) {
    const bool record_weights =
        options.record_weights > 0 && progress.polls % options.record_weights == 0;
    const auto read = PlayPoll(record_weights || reporter.WantsWeights(progress), stream, match);
    if (!read.ok()) return read.status();
    const BothWeights* weights = read->has_value() ? &**read : nullptr;
    if (options.record != nullptr) {
      options.record->WriteLine(RecordLine(match.last(), record_weights ? weights : nullptr));
    }
    ++progress.polls;
    progress.elapsed = pacer.Elapsed();
    if (auto status = reporter.Update(match, progress, weights); !status.ok()) return status;
    pacer.Wait(options.stop);
  }

  const auto after = ReadWeights(stream, match);
  if (!after.ok()) return after.status();
  if (auto status = stream.Finish(); !status.ok()) return status;
  if (auto status = reporter.Finish(match, progress, *after); !status.ok()) return status;
  return Summarize(match, progress, *before, *after);
}

}  // namespace spiked::pong
