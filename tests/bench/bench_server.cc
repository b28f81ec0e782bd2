#include "tests/bench/bench_server.h"

#include "absl/status/status.h"

namespace spiked::bench {

BenchServer::BenchServer(const Settings& settings)
    : process_({"--listen", "127.0.0.1:0"}, settings.server_binary),
      unix_address_(process_.address()) {}

absl::StatusOr<std::unique_ptr<BenchServer>> BenchServer::Start(const Settings& settings) {
  auto server = std::unique_ptr<BenchServer>(new BenchServer(settings));
  if (absl::Status status = server->process_.Start(); !status.ok()) return status;
  auto address = server->process_.TcpAddress();
  if (!address.ok()) return address.status();
  server->tcp_address_ = *std::move(address);
  return server;
}

}  // namespace spiked::bench
