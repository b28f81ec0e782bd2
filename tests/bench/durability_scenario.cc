// What it costs that sessions survive their server, and how they come back.
#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tests/bench/in_turn.h"
#include "tests/bench/pong_session.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/scenario.h"
#include "tests/bench/stopwatch.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;
using testing::ServerProcess;
using testing::TempDir;

const std::vector<PlayerKind>& Players() {
  static const auto& players =
      *new std::vector<PlayerKind>{PlayerKind::kRstdpNoisy, PlayerKind::kDopamineNoisy};
  return players;
}

struct Kind {
  const char* name;
  v1::Durability durability;
};
constexpr Kind kPower = {"power", v1::DURABILITY_POWER};
constexpr std::array kKinds = {Kind{"none", v1::DURABILITY_NONE},
                               Kind{"process", v1::DURABILITY_PROCESS}, kPower};

double BytesIn(const std::string& folder) {
  double bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    bytes += static_cast<double>(file.file_size());
  }
  return bytes;
}

// Polls of sessions that each have a thread, all together, per second.
absl::StatusOr<double> PollsPerSecond(std::vector<PongSession>& sessions, double seconds) {
  std::atomic<int64_t> polls{0};
  std::atomic<bool> failed{false};
  std::vector<std::thread> threads;
  const Stopwatch watch;
  for (PongSession& session : sessions) {
    threads.emplace_back([&] {
      auto stream = session.session.OpenStepStream();
      while (watch.Seconds() < seconds) {
        if (!session.PollOverStream(stream).ok()) failed = true;
        if (failed) return;
        ++polls;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed) return absl::InternalError("a poll has failed");
  return static_cast<double>(polls) / watch.Seconds();
}

// Poll time of each durability side by side, over a stream.
absl::Status PollTimes(const Settings& settings, client::Client& client, Figures& figures) {
  std::vector<PongSession> sessions;
  std::vector<client::StepStream> streams;
  for (const Kind& kind : kKinds) {
    auto session = PongSession::Open(client, Players(), 1, kind.durability);
    if (!session.ok()) return session.status();
    sessions.push_back(*std::move(session));
    streams.push_back(sessions.back().session.OpenStepStream());
  }
  std::vector<Side> sides;
  for (size_t k = 0; k < kKinds.size(); ++k) {
    sides.emplace_back([&, k] {
      return TimeEach(settings.Pick(k == 2 ? 50 : 500, 3),
                      [&, k] { return sessions[k].PollOverStream(streams[k]); });
    });
  }
  const auto samples = InTurn(settings.Pick(15, 2), sides);
  if (!samples.ok()) return samples.status();
  for (size_t k = 0; k < kKinds.size(); ++k) {
    figures.Add(absl::StrCat("poll, ", kKinds[k].name), "us", (*samples)[k]);
  }
  std::vector<double> ratios;
  for (size_t k = 0; k < (*samples)[0].size(); ++k) {
    ratios.push_back((*samples)[1][k] / (*samples)[0][k]);
  }
  figures.Add("poll, process over none", "", ratios);
  return absl::OkStatus();
}

// Rates of one session and of many; `where` says on what.
absl::Status Together(const Settings& settings, client::Client& client, absl::string_view where,
                      absl::Span<const Kind> kinds, Figures& figures) {
  for (const Kind& kind : kinds) {
    std::vector<PongSession> sessions;
    std::vector<double> rates;
    const int many = settings.Pick(100, 3);
    for (const int count : {1, many}) {
      while (sessions.size() < static_cast<size_t>(count)) {
        auto session = PongSession::Open(client, Players(), sessions.size() + 1, kind.durability);
        if (!session.ok()) return session.status();
        sessions.push_back(*std::move(session));
      }
      const auto rate = PollsPerSecond(sessions, settings.quick ? 0.05 : 3);
      if (!rate.ok()) return rate.status();
      figures.Add(absl::StrCat("rate, ", kind.name, ", ", count,
                               count == 1 ? " session" : " sessions", where),
                  "polls/s", *rate);
      rates.push_back(*rate);
    }
    figures.Add(absl::StrCat("rate, ", kind.name, ", ", many, " over 1", where), "",
                rates[1] / rates[0]);
    for (PongSession& session : sessions) {
      if (absl::Status status = session.session.Delete(); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

// Sizes and times of copies, and of coming back after so many polls.
absl::Status ComingBack(const Settings& settings, Figures& figures) {
  for (const bool snapshots : {false, true}) {
    const TempDir dir;
    std::vector<std::string> arguments = {"--data-dir", dir.File("data")};
    if (!snapshots) arguments.insert(arguments.end(), {"--max-replay-ms", "1000000000"});
    ServerProcess server(arguments, settings.server_binary);
    if (absl::Status status = server.Start(); !status.ok()) return status;
    auto client = server.Connect();
    if (!client.ok()) return client.status();
    auto session = PongSession::Open(*client, Players(), 1, v1::DURABILITY_PROCESS);
    if (!session.ok()) return session.status();
    auto stream = session->session.OpenStepStream();
    const std::string how = snapshots ? "with snapshots" : "journal only";
    int polls = 0;
    for (const int until : {1000, 10'000}) {
      const double before = BytesIn(dir.File("data"));
      const int begin = polls;
      for (; polls < settings.Pick(until, until / 500); ++polls) {
        if (absl::Status status = session->PollOverStream(stream); !status.ok()) return status;
      }
      if (!snapshots) {
        figures.Add(absl::StrCat("disk per 1,000 polls, up to ", until), "KB",
                    (BytesIn(dir.File("data")) - before) / (polls - begin));
      }
      server.Kill();
      const Stopwatch start;
      if (absl::Status status = server.Start(); !status.ok()) return status;
      const double started = start.Seconds();
      if (absl::Status status = session->PollOverStream(stream); !status.ok()) return status;
      ++polls;
      figures.Add(absl::StrCat("back after ", until, " polls, ", how), "ms",
                  1e3 * (start.Seconds() - started));
    }
    std::vector<double> fork_ms, save_ms;
    for (int k = 0; k < settings.Pick(9, 1); ++k) {
      const Stopwatch fork;
      if (const auto copy = session->session.Fork(); !copy.ok()) return copy.status();
      fork_ms.push_back(1e3 * fork.Seconds());
      const Stopwatch save;
      if (absl::Status s = session->session.Save(dir.File("saved")); !s.ok()) return s;
      save_ms.push_back(1e3 * save.Seconds());
    }
    if (!snapshots) continue;
    figures.Add("fork", "ms", fork_ms);
    figures.Add("save to a file", "ms", save_ms);
    figures.Add("saved", "KB",
                1e-3 * static_cast<double>(std::filesystem::file_size(dir.File("saved"))));
  }
  return absl::OkStatus();
}

absl::Status ManyStored(const Settings& settings, Figures& figures) {
  const TempDir dir;
  ServerProcess server({"--data-dir", dir.File("data")}, settings.server_binary);
  if (absl::Status status = server.Start(); !status.ok()) return status;
  const int count = settings.Pick(10'000, 20);
  {
    auto client = server.Connect();
    if (!client.ok()) return client.status();
    for (int k = 0; k < count; ++k) {
      auto session = client->CreateSession();
      if (!session.ok()) return session.status();
      if (const auto step = session->Step(1); !step.ok()) return step.status();
    }
  }
  server.Kill();
  const Stopwatch start;
  if (absl::Status status = server.Start(); !status.ok()) return status;
  figures.Add(absl::StrCat("start with ", count, " sessions"), "ms", 1e3 * start.Seconds());
  const auto usage = ReadUsage(server.pid());
  if (!usage.ok()) return usage.status();
  figures.Add("memory of each of these", "KB",
              1e-3 * static_cast<double>(usage->resident_bytes) / count);
  return absl::OkStatus();
}

// The same where each sync takes as long as on many a disk: then it counts how many sessions
// wait for one.
absl::Status TogetherOnASlowDisk(const Settings& settings, Figures& figures) {
  const TempDir dir;
  ServerProcess server({"--data-dir", dir.File("data")}, SPIKED_SLOW_SYNC_BINARY);
  if (absl::Status status = server.Start(); !status.ok()) return status;
  auto client = server.Connect();
  if (!client.ok()) return client.status();
  return Together(settings, *client, ", syncs take 10 ms more", {kPower}, figures);
}

}  // namespace

absl::Status RunDurability(const Settings& settings, Figures& figures) {
  const TempDir dir;
  ServerProcess server({"--data-dir", dir.File("data")}, settings.server_binary);
  if (absl::Status status = server.Start(); !status.ok()) return status;
  auto client = server.Connect();
  if (!client.ok()) return client.status();
  absl::Status status = PollTimes(settings, *client, figures);
  if (status.ok()) status = Together(settings, *client, "", kKinds, figures);
  if (status.ok()) status = TogetherOnASlowDisk(settings, figures);
  if (status.ok()) status = ComingBack(settings, figures);
  if (status.ok()) status = ManyStored(settings, figures);
  return status;
}

}  // namespace spiked::bench
