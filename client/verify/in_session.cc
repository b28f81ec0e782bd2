#include "client/verify/in_session.h"

namespace spiked::verify {

absl::Status InSession(client::Client& client, double resolution_ms,
                       absl::FunctionRef<absl::Status(client::Session&)> use) {
  // Nothing in a recorded case is random, but equal runs should be equal.
  auto session = client.CreateSession(
      {.display_name = "spiked-verify", .resolution_ms = resolution_ms, .seed = 1});
  if (!session.ok()) return session.status();
  absl::Status status = use(*session);
  status.Update(session->Delete());
  return status;
}

}  // namespace spiked::verify
