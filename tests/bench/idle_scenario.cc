// How late the first call after a silence is answered.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cpp/client.h"
#include "client/pong/player.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/in_turn.h"
#include "tests/bench/pong_session.h"
#include "tests/bench/scenario.h"

namespace spiked::bench {
namespace {

struct Silence {
  absl::Duration length;
  int repetitions;
};

}  // namespace

absl::Status RunIdle(const Settings& settings, Figures& figures) {
  // A server for each way to step: both can be silent at the same time, and
  // the call to the one does not wake the other.
  const auto unary_server = BenchServer::Start(settings);
  const auto stream_server = BenchServer::Start(settings);
  if (!unary_server.ok()) return unary_server.status();
  if (!stream_server.ok()) return stream_server.status();
  auto unary_connection = client::Client::Connect((*unary_server)->unix_address());
  auto stream_connection = client::Client::Connect((*stream_server)->unix_address());
  if (!unary_connection.ok()) return unary_connection.status();
  if (!stream_connection.ok()) return stream_connection.status();

  auto unary_session = PongSession::Open(*unary_connection, {pong::PlayerKind::kRstdpNoisy});
  auto stream_session = PongSession::Open(*stream_connection, {pong::PlayerKind::kRstdpNoisy});
  if (!unary_session.ok()) return unary_session.status();
  if (!stream_session.ok()) return stream_session.status();
  client::StepStream stream = stream_session->session.OpenStepStream();

  const Side unary = [&] { return TimeEach(1, [&] { return unary_session->PollByStep(); }); };
  const Side streamed = [&] {
    return TimeEach(1, [&] { return stream_session->PollOverStream(stream); });
  };
  if (const auto warm = InTurn(settings.Pick(50, 5), {unary, streamed}); !warm.ok()) {
    return warm.status();
  }

  const std::vector<Silence> silences = {{absl::ZeroDuration(), settings.Pick(100, 5)},
                                         {absl::Milliseconds(100), settings.Pick(20, 1)},
                                         {absl::Seconds(1), settings.Pick(7, 0)},
                                         {absl::Seconds(2), settings.Pick(5, 0)},
                                         {absl::Seconds(10), settings.Pick(3, 0)}};
  for (const Silence& silence : silences) {
    if (silence.repetitions == 0) continue;
    const Side wait = [&]() {
      absl::SleepFor(silence.length);
      return 0.0;
    };
    const auto samples = InTurn(silence.repetitions, {wait, unary, streamed});
    if (!samples.ok()) return samples.status();
    const std::string after =
        absl::StrCat(" after ", absl::FormatDuration(silence.length), " of silence");
    figures.Add("Step" + after, "us", (*samples)[1]);
    figures.Add("StepStream" + after, "us", (*samples)[2]);
  }
  return absl::OkStatus();
}

}  // namespace spiked::bench
