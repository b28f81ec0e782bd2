// Polls per second of one client, by each way to make them, beside what an
// empty request costs on the same channel.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/client.h"
#include "client/pong/player.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/engine_player.h"
#include "tests/bench/in_turn.h"
#include "tests/bench/pong_session.h"
#include "tests/bench/scenario.h"
#include "tests/bench/statistics.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;

// Measures all ways of one client on one address, and the engine alone.
absl::Status Measure(const Settings& settings, std::string_view name, const std::string& address,
                     const std::string& token, const std::vector<PlayerKind>& players,
                     Figures& figures) {
  auto connection = client::Client::Connect(address, absl::Seconds(5), {.token = token});
  if (!connection.ok()) return connection.status();
  auto by_stream = PongSession::Open(*connection, players);
  auto by_step = PongSession::Open(*connection, players);
  auto by_calls = PongSession::Open(*connection, players);
  auto empty = PongSession::Open(*connection, {});
  for (const auto* session : {&by_stream, &by_step, &by_calls, &empty}) {
    if (!session->ok()) return session->status();
  }
  client::StepStream stream = by_stream->session.OpenStepStream();
  client::StepStream empty_stream = empty->session.OpenStepStream();
  std::vector<std::unique_ptr<EnginePlayer>> engines;
  for (const PlayerKind kind : players) {
    auto engine = EnginePlayer::Create(kind, PlayerSpec(kind));
    if (!engine.ok()) return engine.status();
    engines.push_back(*std::move(engine));
  }

  const int polls = settings.Pick(20, 5);
  const std::vector<Side> sides = {
      [&] { return TimeEach(polls, [&] { return by_stream->PollOverStream(stream); }); },
      [&] { return TimeEach(polls, [&] { return by_step->PollByStep(); }); },
      [&] { return TimeEach(polls, [&] { return by_calls->PollByCalls(); }); },
      [&] { return TimeEach(polls, [&] { return empty->PollOverStream(empty_stream); }); },
      [&] { return TimeEach(polls, [&] { return connection->GetServerInfo().status(); }); },
      [&]() -> absl::StatusOr<double> {
        double us = 0.0;
        for (const auto& engine : engines) {
          const auto sample = engine->Play(polls);
          if (!sample.ok()) return sample.status();
          us += *sample;
        }
        return us;
      }};
  // The first turn warms everything up.
  if (const auto warm = InTurn(1, sides); !warm.ok()) return warm.status();
  const auto samples = InTurn(settings.Pick(151, 2), sides);
  if (!samples.ok()) return samples.status();
  const auto& stream_us = (*samples)[0];
  const auto& step_us = (*samples)[1];
  const auto& calls_us = (*samples)[2];
  const auto& empty_step_us = (*samples)[3];
  const auto& empty_call_us = (*samples)[4];
  const auto& engine_us = (*samples)[5];

  const auto add = [&](std::string_view figure, std::string_view unit,
                       const std::vector<double>& values) {
    figures.Add(absl::StrCat(std::string(name), ": ", std::string(figure)), unit, values);
  };
  add("StepStream", "polls/s", Over(1e6, stream_us));
  add("Step", "polls/s", Over(1e6, step_us));
  add("single calls", "polls/s", Over(1e6, calls_us));
  add("empty step on a stream", "us", empty_step_us);
  add("GetServerInfo", "us", empty_call_us);
  add("engine", "us", engine_us);
  add("StepStream / empty step", "ratio", Ratio(stream_us, empty_step_us));
  add("Step / GetServerInfo", "ratio", Ratio(step_us, empty_call_us));
  add("single calls / GetServerInfo", "ratio", Ratio(calls_us, empty_call_us));
  add("StepStream / (empty step + engine)", "ratio",
      Ratio(stream_us, Sum(empty_step_us, engine_us)));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunStepping(const Settings& settings, Figures& figures) {
  const auto server = BenchServer::Start(settings);
  if (!server.ok()) return server.status();
  const std::vector<PlayerKind> one = {PlayerKind::kRstdpNoisy};
  const std::vector<PlayerKind> two = {PlayerKind::kRstdpNoisy, PlayerKind::kRstdp};
  const std::string token = (*server)->token();
  absl::Status status;
  status.Update(Measure(settings, "unix, rn", (*server)->unix_address(), "", one, figures));
  status.Update(Measure(settings, "unix, rn,r", (*server)->unix_address(), "", two, figures));
  status.Update(Measure(settings, "tcp, rn", (*server)->tcp_address(), token, one, figures));
  status.Update(Measure(settings, "tcp, rn,r", (*server)->tcp_address(), token, two, figures));
  return status;
}

}  // namespace spiked::bench
