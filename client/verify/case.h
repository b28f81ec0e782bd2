// A recorded case.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/client.h"
#include "client/verify/report.h"
#include "spiked/v1/network.pb.h"

namespace spiked::verify {

class Case {
 public:
  Case(std::string name, double resolution_ms)
      : name_(std::move(name)), resolution_ms_(resolution_ms) {}
  virtual ~Case() = default;

  const std::string& name() const { return name_; }
  double resolution_ms() const { return resolution_ms_; }

  // Runs the case in a session of its own and compares. An error if it could
  // not be run to its end.
  absl::StatusOr<Report> Run(client::Client& client) const;

 private:
  // The network of the case.
  virtual absl::StatusOr<v1::NetworkSpecification> Specification(client::Client& client) const = 0;
  // Simulates the network, which is called kNetwork, in a new session, and
  // reports on it.
  virtual absl::Status Simulate(client::Session& session, Report* report) const = 0;

  std::string name_;
  double resolution_ms_;
};

}  // namespace spiked::verify
