// A first session: a hundred neurons under Poisson input, driven harder and
// harder. Start a server (./dev server) and run build/release/bin/first-session.
#include <cstdio>

#include "client/cpp/client.h"
#include "client/cpp/input.h"

namespace client = spiked::client;

// Poisson generators, each with a neuron that it excites.
spiked::v1::NetworkSpecification Specification() {
  spiked::v1::NetworkSpecification specification;
  auto& drive = *specification.add_populations();
  drive.set_name("drive");
  drive.set_model("poisson_generator");
  drive.set_size(100);
  auto& neurons = *specification.add_populations();
  neurons.set_name("neurons");
  neurons.set_model("iaf_psc_exp");
  neurons.set_size(100);
  neurons.set_record_spikes(true);
  auto& projection = *specification.add_projections();
  projection.set_name("drive_neurons");
  projection.set_source("drive");
  projection.set_target("neurons");
  projection.mutable_rule()->mutable_one_to_one();
  *projection.mutable_weight() = client::Normal(150.0, 15.0);  // pA
  return specification;
}

absl::Status Run() {
  auto client = client::Client::Connect();
  if (!client.ok()) return client.status();
  auto session = client->CreateSession({.display_name = "first session", .seed = 1});
  if (!session.ok()) return session.status();
  if (auto network = session->CreateNetwork("net", Specification()); !network.ok()) {
    return network.status();
  }
  for (const double rate_hz : {1000.0, 2000.0, 3000.0, 4000.0}) {
    const auto begin_ms = session->SetInput({client::PoissonRate("net/drive", rate_hz)});
    if (!begin_ms.ok()) return begin_ms.status();
    if (auto step = session->Step(1000.0); !step.ok()) return step.status();
    const auto spikes = session->GetSpikes("net/neurons", *begin_ms);
    if (!spikes.ok()) return spikes.status();
    std::printf("%4.0f Hz in, %5.1f Hz out\n", rate_hz,
                static_cast<double>(spikes->times_ms.size()) / 100.0);
  }
  return session->Delete();
}

int main() {
  const absl::Status status = Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
