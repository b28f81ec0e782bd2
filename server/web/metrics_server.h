// Metrics for Prometheus, on a port of their own.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/session/registry.h"

namespace spiked::web {

class MetricsServer {
 public:
  // Answers HTTP at `address` (HOST:PORT; port 0 stands for any that is free) with what
  // the registry has to tell, at /metrics, to whoever asks. The registry must outlive it.
  // UNAVAILABLE if it cannot listen there.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                              const session::Registry* registry);
  ~MetricsServer();

  int port() const;

 private:
  class Impl;
  explicit MetricsServer(std::shared_ptr<Impl> impl);
  const std::shared_ptr<Impl> impl_;
};

}  // namespace spiked::web
