#include "client/verify/case.h"

#include "client/verify/in_session.h"
#include "client/verify/specification.h"

namespace spiked::verify {

absl::StatusOr<Report> Case::Run(client::Client& client) const {
  const auto specification = Specification(client);
  if (!specification.ok()) return specification.status();
  Report report;
  const absl::Status status = InSession(client, resolution_ms_, [&](client::Session& session) {
    absl::Status status = session.CreateNetwork(kNetwork, *specification).status();
    if (status.ok()) status = Simulate(session, &report);
    return status;
  });
  if (!status.ok()) return status;
  return report;
}

}  // namespace spiked::verify
