#include "client/verify/relay_case.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/input.h"
#include "client/verify/specification.h"
#include "client/verify/spikes.h"

namespace spiked::verify {
namespace {

struct Recording {
  double resolution_ms = 0.0;
  double duration_ms = 0.0;
  std::vector<double> generator_ms = {};
  // One for each stamp of the generator; empty for one spike each.
  std::vector<uint32_t> multiplicities = {};
  // From the generator to the first relay, and from each relay to the next.
  std::vector<double> delays_ms = {};
  // Of each relay.
  std::vector<std::vector<Spike>> spikes = {};
};

class RelayCase : public Case {
 public:
  RelayCase(std::string name, Recording recording)
      : Case(std::move(name), recording.resolution_ms), recording_(std::move(recording)) {}

 private:
  static constexpr absl::string_view kGenerator = "generator";

  static std::string RelayName(size_t index) { return absl::StrCat("relay", index); }

  absl::StatusOr<v1::NetworkSpecification> Specification(client::Client&) const override {
    v1::NetworkSpecification specification;
    AddPopulation(&specification, kGenerator, "spike_generator", 1);
    for (size_t k = 0; k < recording_.delays_ms.size(); ++k) {
      RecordSpikes(&AddPopulation(&specification, RelayName(k), "parrot_neuron", 1),
                   recording_.spikes[k].size());
      AddProjection(&specification, k == 0 ? std::string(kGenerator) : RelayName(k - 1),
                    RelayName(k), 1.0, recording_.delays_ms[k]);
    }
    return specification;
  }

  absl::Status Simulate(client::Session& session, Report* report) const override {
    v1::Input input = client::SpikeTrain(InNetwork(kGenerator), 0, recording_.generator_ms);
    input.mutable_spike_trains()->mutable_multiplicities()->Add(recording_.multiplicities.begin(),
                                                                recording_.multiplicities.end());
    absl::Status status = session.SetInput({input}).status();
    status.Update(session.Step(recording_.duration_ms).status());
    if (!status.ok()) return status;
    for (size_t k = 0; k < recording_.spikes.size(); ++k) {
      const auto spikes = session.GetSpikes(InNetwork(RelayName(k)));
      if (!spikes.ok()) return spikes.status();
      report->CompareSpikes(RelayName(k), recording_.spikes[k], ToSpikes(*spikes));
    }
    return absl::OkStatus();
  }

  Recording recording_;
};

}  // namespace

std::unique_ptr<Case> ReadRelayCase(const Fields& fields) {
  Recording recording{.resolution_ms = fields.Positive("resolution_ms"),
                      .duration_ms = fields.Positive("duration_ms"),
                      .generator_ms = fields.Numbers("spike_times_ms"),
                      .delays_ms = fields.Numbers("delays_ms")};
  if (fields.Has("multiplicities")) recording.multiplicities = fields.Counts("multiplicities");
  for (const auto& times_ms : fields.Table("spikes_ms")) {
    recording.spikes.push_back(Train(times_ms));
  }
  if (recording.spikes.size() != recording.delays_ms.size()) {
    fields.Fail("spikes_ms", "must have one list for each of delays_ms");
  }
  return std::make_unique<RelayCase>(fields.Text("name"), std::move(recording));
}

}  // namespace spiked::verify
