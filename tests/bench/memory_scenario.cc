// What sessions cost a server in memory when nothing happens in them.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/client.h"
#include "client/pong/player.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/players.h"
#include "tests/bench/pong_session.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/scenario.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;

// Opens so many sessions with one player each, plays some polls in each, and
// returns by how many bytes a fresh server has grown for each of them.
absl::StatusOr<double> BytesPerSession(const Settings& settings, int sessions, PlayerKind kind) {
  const auto server = BenchServer::Start(settings);
  if (!server.ok()) return server.status();
  auto connection = client::Client::Connect((*server)->unix_address());
  if (!connection.ok()) return connection.status();
  const auto open_and_play = [&](int seed) -> absl::Status {
    auto session = PongSession::Open(*connection, {kind}, seed);
    if (!session.ok()) return session.status();
    for (int poll = 0; poll < 3; ++poll) {
      if (absl::Status status = session->PollByStep(); !status.ok()) return status;
    }
    return absl::OkStatus();
  };
  // What the server takes once for all is not the sessions'.
  for (int k = 0; k < 20; ++k) {
    if (absl::Status status = open_and_play(k); !status.ok()) return status;
  }
  const auto before = ReadUsage((*server)->pid());
  if (!before.ok()) return before.status();
  for (int k = 0; k < sessions; ++k) {
    if (absl::Status status = open_and_play(k); !status.ok()) return status;
  }
  const auto after = ReadUsage((*server)->pid());
  if (!after.ok()) return after.status();
  return (static_cast<double>(after->resident_bytes) -
          static_cast<double>(before->resident_bytes)) /
         sessions;
}

}  // namespace

absl::Status RunMemory(const Settings& settings, Figures& figures) {
  for (const PlayerKind kind : kAllPlayers) {
    std::vector<double> samples;
    for (int k = 0; k < settings.Pick(3, 1); ++k) {
      const auto bytes = BytesPerSession(settings, settings.Pick(500, 20), kind);
      if (!bytes.ok()) return bytes.status();
      samples.push_back(*bytes);
    }
    figures.Add(absl::StrCat(std::string(ShortName(kind)), ": idle session"), "bytes", samples);
  }
  const int sessions = settings.Pick(10'000, 100);
  const auto bytes = BytesPerSession(settings, sessions, PlayerKind::kRstdpNoisy);
  if (!bytes.ok()) return bytes.status();
  figures.Add(absl::StrCat("rn: each of ", sessions, " sessions"), "bytes", *bytes);
  return absl::OkStatus();
}

}  // namespace spiked::bench
