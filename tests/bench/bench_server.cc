#include "tests/bench/bench_server.h"

#include <regex>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace spiked::bench {

BenchServer::BenchServer(const Settings& settings)
    : process_({"--listen", "127.0.0.1:0"}, settings.server_binary),
      unix_address_(process_.address()) {}

absl::StatusOr<std::unique_ptr<BenchServer>> BenchServer::Start(const Settings& settings) {
  auto server = std::unique_ptr<BenchServer>(new BenchServer(settings));
  if (absl::Status status = server->process_.Start(); !status.ok()) return status;
  // The port is told once the server listens, maybe a little after it answers.
  const std::regex tcp_address("127\\.0\\.0\\.1:[0-9]+");
  const absl::Time deadline = absl::Now() + absl::Seconds(5);
  std::smatch match;
  std::string log;
  do {
    log = server->process_.Log();
    if (std::regex_search(log, match, tcp_address)) {
      server->tcp_address_ = match.str();
      return server;
    }
    absl::SleepFor(absl::Milliseconds(5));
  } while (absl::Now() < deadline);
  return absl::InternalError(absl::StrCat("the server does not tell its port:\n", log));
}

}  // namespace spiked::bench
