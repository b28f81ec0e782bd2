// Many sessions at once, all as fast as they can or each once a second.
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/pong/player.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/engine_player.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/scenario.h"
#include "tests/bench/statistics.h"
#include "tests/bench/stream_load.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;

constexpr PlayerKind kPlayer = PlayerKind::kRstdpNoisy;

// The figures of repeated spans of load, one sample a span.
struct Spans {
  std::vector<double> polls_per_s;
  std::vector<double> p50_us;
  std::vector<double> p99_us;
  std::vector<double> threads;
  std::vector<double> resident_mb;
  // Processor time of server and client for each poll.
  std::vector<double> cpu_us;
  // Polls of each session over all spans.
  std::vector<int64_t> polls;
};

// Runs one more span.
absl::Status AddSpan(const BenchServer& server, StreamLoad& load, absl::Duration span,
                     absl::Duration interval, Spans* spans) {
  const auto cpu_seconds = [&]() -> absl::StatusOr<double> {
    const auto theirs = CpuSeconds(server.pid());
    const auto ours = CpuSeconds(getpid());
    if (!theirs.ok()) return theirs.status();
    if (!ours.ok()) return ours.status();
    return *theirs + *ours;
  };
  const auto before = cpu_seconds();
  if (!before.ok()) return before.status();
  const auto result = load.Run(span, interval);
  if (!result.ok()) return result.status();
  const auto after = cpu_seconds();
  if (!after.ok()) return after.status();
  const auto usage = ReadUsage(server.pid());
  if (!usage.ok()) return usage.status();
  if (result->latencies_us.empty()) {
    return absl::DeadlineExceededError(
        absl::StrCat("not one answer in ", absl::FormatDuration(span)));
  }

  const auto polls = static_cast<double>(result->latencies_us.size());
  spans->polls_per_s.push_back(polls / absl::ToDoubleSeconds(span));
  spans->p50_us.push_back(Median(result->latencies_us));
  spans->p99_us.push_back(Quantile(result->latencies_us, 0.99));
  spans->threads.push_back(usage->threads);
  spans->resident_mb.push_back(1e-6 * static_cast<double>(usage->resident_bytes));
  spans->cpu_us.push_back(1e6 * (*after - *before) /
                          (polls + static_cast<double>(result->late_polls)));
  spans->polls.resize(result->polls.size(), 0);
  std::transform(result->polls.begin(), result->polls.end(), spans->polls.begin(),
                 spans->polls.begin(), std::plus<>());
  return absl::OkStatus();
}

void AddFigures(const std::string& name, const Spans& spans, Figures& figures) {
  figures.Add(name + ": rate", "polls/s", spans.polls_per_s);
  figures.Add(name + ": latency p50", "us", spans.p50_us);
  figures.Add(name + ": latency p99", "us", spans.p99_us);
  figures.Add(name + ": server threads", "", spans.threads);
  figures.Add(name + ": server memory", "MB", spans.resident_mb);
  figures.Add(name + ": processor time per poll", "us", spans.cpu_us);
}

// The polls of the slowest session over the mean of all.
double SlowestShare(const std::vector<int64_t>& polls) {
  const double mean =
      std::accumulate(polls.begin(), polls.end(), 0.0) / static_cast<double>(polls.size());
  return static_cast<double>(*std::min_element(polls.begin(), polls.end())) / mean;
}

// Sessions that poll as fast as they can. Beside the rate stands its share of
// the rate that the cores would allow if a poll cost no more than the engine's
// time and the processor time, of server and client, of an empty step among as
// many sessions. (One session cannot keep more than one core busy.)
absl::Status FlatOut(const Settings& settings, int sessions, Figures& figures) {
  const auto server = BenchServer::Start(settings);
  if (!server.ok()) return server.status();
  const auto polls = StreamLoad::Open((*server)->unix_address(), sessions, {kPlayer});
  if (!polls.ok()) return polls.status();
  const auto floor_server = BenchServer::Start(settings);
  if (!floor_server.ok()) return floor_server.status();
  const auto floor = StreamLoad::Open((*floor_server)->unix_address(), sessions, {});
  if (!floor.ok()) return floor.status();
  const auto engine = EnginePlayer::Create(kPlayer, PlayerSpec(kPlayer));
  if (!engine.ok()) return engine.status();

  const absl::Duration span = absl::Milliseconds(settings.Pick(1000, 50));
  const int repetitions = settings.Pick(7, 2);
  Spans poll_spans;
  Spans floor_spans;
  std::vector<double> engine_us;
  for (int k = 0; k < repetitions; ++k) {
    absl::Status status = AddSpan(**server, **polls, span, absl::ZeroDuration(), &poll_spans);
    status.Update(AddSpan(**floor_server, **floor, span, absl::ZeroDuration(), &floor_spans));
    const auto sample = (*engine)->Play(settings.Pick(500, 5));
    status.Update(sample.status());
    if (!status.ok()) return status;
    engine_us.push_back(*sample);
  }
  const std::string name = absl::StrCat(sessions, sessions == 1 ? " session" : " sessions");
  AddFigures(name, poll_spans, figures);
  figures.Add(name + ": slowest session's share of the mean", "ratio",
              SlowestShare(poll_spans.polls));
  figures.Add(name + ": rate of empty steps", "steps/s", floor_spans.polls_per_s);
  figures.Add(name + ": processor time per empty step", "us", floor_spans.cpu_us);
  const auto bound =
      Over(1e6 * std::thread::hardware_concurrency(), Sum(engine_us, floor_spans.cpu_us));
  figures.Add(name + ": share of what engine and empty steps allow", "ratio",
              Ratio(poll_spans.polls_per_s, bound));
  return absl::OkStatus();
}

// Sessions that poll once a second each.
absl::Status Leisurely(const Settings& settings, int sessions, Figures& figures) {
  const auto server = BenchServer::Start(settings);
  if (!server.ok()) return server.status();
  const auto load = StreamLoad::Open((*server)->unix_address(), sessions, {kPlayer});
  if (!load.ok()) return load.status();
  const absl::Duration interval = absl::Seconds(1);
  Spans spans;
  for (int k = 0; k < settings.Pick(5, 1); ++k) {
    absl::Status status = AddSpan(**server, **load, 2 * interval, interval, &spans);
    if (!status.ok()) return status;
  }
  AddFigures(absl::StrCat(sessions, " sessions, each once a second"), spans, figures);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunMany(const Settings& settings, Figures& figures) {
  const int most = settings.Pick(1000, 20);
  for (const int sessions : {1, 10, 100, 1000}) {
    if (sessions > most) break;
    if (absl::Status status = FlatOut(settings, sessions, figures); !status.ok()) return status;
  }
  return Leisurely(settings, most, figures);
}

}  // namespace spiked::bench
