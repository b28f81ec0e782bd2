#include "client/pong/play.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/algorithm/container.h"
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

v1::StepRequest NextPoll(const Match& match, bool read_weights) {
  v1::StepRequest request = PollRequest(match, read_weights);
  request.set_request_id(NextRequestId(match));
  return request;
}

// The players' and the game's part of a poll that the server has answered. Returns the
// weights at its end if they are asked for.
absl::StatusOr<std::optional<BothWeights>> TakePoll(const v1::StepResponse& response,
                                                    bool read_weights, Match& match) {
  auto counts = MotorCounts(match, response);
  if (!counts.ok()) return counts.status();
  match.Play(*std::move(counts));
  if (!read_weights) return std::nullopt;
  return PlayerWeights(match, response);
}

absl::StatusOr<std::optional<BothWeights>> PlayPoll(bool read_weights, client::StepStream& stream,
                                                    Match& match) {
  const auto response = stream.Step(NextPoll(match, read_weights));
  if (!response.ok()) return response.status();
  return TakePoll(**response, read_weights, match);
}

// The first poll of a match that goes on. If it has been carried out, it is known under its
// id as it was sent, with weights perhaps that only a picture needed. If it was cut short
// when its player died, what is left of it follows.
absl::StatusOr<std::optional<BothWeights>> PlayFirstPoll(bool read_weights,
                                                         client::Session& session, Match& match) {
  auto response = session.Step(NextPoll(match, read_weights));
  if (absl::IsAlreadyExists(response.status())) response = session.Step(NextPoll(match, true));
  for (int part = 1; response.ok() && WasCutShort(*response); ++part) {
    auto rest = session.Step(RestRequest(match, *response, part));
    if (rest.ok()) AddCounts(*response, &*rest);
    response = std::move(rest);
  }
  if (!response.ok()) return response.status();
  return TakePoll(*response, read_weights, match);
}

}  // namespace

absl::Status CreatePlayers(client::Session& session, const Match& match) {
  const auto there = session.Get();
  if (!there.ok()) return there.status();
  for (const Side side : kSides) {
    if (absl::c_linear_search(there->networks(), kNetworks[side])) continue;
    const auto network = session.CreateNetwork(
        kNetworks[side], PlayerPreset(match.kinds()[side], match.game().rows()));
    if (!network.ok()) return network.status();
  }
  return absl::OkStatus();
}

absl::StatusOr<BothWeights> ReadFirstWeights(client::Session& session, const Match& match) {
  const auto response = session.Step(SettleRequest(match));
  if (!response.ok()) return response.status();
  return PlayerWeights(match, *response);
}

absl::StatusOr<Summary> Play(client::Session session, Match match, const PlayOptions& options,
                             Reporter& reporter) {
  client::StepStream stream = session.OpenStepStream();
  Progress progress{.polls = match.polls(), .total = options.polls, .earlier = match.polls()};
  bool goes_on = progress.polls > 0;
  Pacer pacer(options.speed);
  while (progress.polls < progress.total && !options.stop()) {
    const bool record_weights =
        options.record_weights > 0 && progress.polls % options.record_weights == 0;
    const auto read =
        std::exchange(goes_on, false)
            ? PlayFirstPoll(record_weights, session, match)
            : PlayPoll(record_weights || reporter.WantsWeights(progress), stream, match);
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

  v1::StepRequest settle = SettleRequest(match);
  settle.set_request_id(NextRequestId(match));
  const auto settled = stream.Step(settle);
  if (!settled.ok()) return settled.status();
  const auto after = PlayerWeights(match, **settled);
  if (!after.ok()) return after.status();
  if (auto status = stream.Finish(); !status.ok()) return status;
  if (auto status = reporter.Finish(match, progress, *after); !status.ok()) return status;
  return Summarize(match, progress, options.before, *after);
}

}  // namespace spiked::pong
