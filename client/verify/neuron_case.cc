#include "client/verify/neuron_case.h"

#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/input.h"
#include "client/verify/specification.h"
#include "client/verify/spikes.h"

namespace spiked::verify {
namespace {

constexpr absl::string_view kNeuron = "neuron";
constexpr absl::string_view kMeter = "voltmeter";

// A device and its connection to the neuron.
struct Device {
  std::string model = {};
  std::map<std::string, double> parameters = {};
  // For a spike_generator.
  std::vector<double> spike_times_ms = {};
  double weight = 0.0;
  double delay_ms = 0.0;
};

struct Recording {
  double resolution_ms = 0.0;
  double duration_ms = 0.0;
  std::string model = {};
  std::map<std::string, double> parameters = {};
  std::vector<Device> devices = {};
  // Of V_m.
  std::vector<double> sample_times_ms = {};
  std::vector<double> potentials_mv = {};
  std::vector<Spike> spikes = {};
};

Device ReadDevice(const Fields& fields) {
  Device device{.model = fields.Text("model"),
                .weight = fields.Number("weight"),
                .delay_ms = fields.Number("delay_ms")};
  if (device.model == "spike_generator") {
    device.spike_times_ms = fields.Numbers("spike_times_ms");
  } else if (device.model == "dc_generator") {
    device.parameters["amplitude"] = fields.Number("amplitude_pA");
    device.parameters["start"] = fields.Number("start_ms");
    // Null stands for never.
    if (fields.Has("stop_ms")) device.parameters["stop"] = fields.Number("stop_ms");
  } else if (fields.status().ok()) {
    fields.Fail("model",
                absl::StrCat("must be spike_generator or dc_generator, not '", device.model, "'"));
  }
  return device;
}

class NeuronCase : public Case {
 public:
  NeuronCase(std::string name, Recording recording)
      : Case(std::move(name), recording.resolution_ms), recording_(std::move(recording)) {}

 private:
  static std::string DeviceName(size_t index) { return absl::StrCat("device", index); }

  // The longest interval at which every sample's time comes up, in steps.
  int64_t SampleInterval() const {
    int64_t steps = 0;
    for (const double time_ms : recording_.sample_times_ms) {
      steps = std::gcd(steps, std::llround(time_ms / resolution_ms()));
    }
    return steps;
  }

  absl::StatusOr<v1::NetworkSpecification> Specification(client::Client&) const override {
    v1::NetworkSpecification specification;
    for (size_t k = 0; k < recording_.devices.size(); ++k) {
      const Device& device = recording_.devices[k];
      AddPopulation(&specification, DeviceName(k), device.model, 1, device.parameters);
    }
    RecordSpikes(
        &AddPopulation(&specification, kNeuron, recording_.model, 1, recording_.parameters),
        recording_.spikes.size());
    for (size_t k = 0; k < recording_.devices.size(); ++k) {
      const Device& device = recording_.devices[k];
      AddProjection(&specification, DeviceName(k), kNeuron, device.weight, device.delay_ms);
    }
    if (const int64_t interval = SampleInterval(); interval > 0) {
      v1::Multimeter& meter = *specification.add_multimeters();
      meter.set_name(std::string(kMeter));
      meter.set_population(std::string(kNeuron));
      meter.add_variables("V_m");
      const double interval_ms = static_cast<double>(interval) * resolution_ms();
      meter.set_interval_ms(interval_ms);
      meter.set_record_limit(static_cast<uint32_t>(recording_.duration_ms / interval_ms) + 1);
    }
    return specification;
  }

  absl::Status Simulate(client::Session& session, Report* report) const override {
    std::vector<v1::Input> inputs;
    for (size_t k = 0; k < recording_.devices.size(); ++k) {
      const Device& device = recording_.devices[k];
      if (device.spike_times_ms.empty()) continue;
      inputs.push_back(client::SpikeTrain(InNetwork(DeviceName(k)), 0, device.spike_times_ms));
    }
    absl::Status status = session.SetInput(inputs).status();
    status.Update(session.Step(recording_.duration_ms).status());
    if (!status.ok()) return status;

    const auto spikes = session.GetSpikes(InNetwork(kNeuron));
    if (!spikes.ok()) return spikes.status();
    report->CompareSpikes(kNeuron, recording_.spikes, ToSpikes(*spikes));
    return SampleInterval() > 0 ? ComparePotentials(session, report) : absl::OkStatus();
  }

  absl::Status ComparePotentials(client::Session& session, Report* report) const {
    const auto signals = session.GetSignals(InNetwork(kMeter));
    if (!signals.ok()) return signals.status();
    std::map<int64_t, double> potentials;
    const auto step = [this](double ms) { return std::llround(ms / resolution_ms()); };
    for (size_t k = 0; k < signals->times_ms.size(); ++k) {
      potentials[step(signals->times_ms[k])] = signals->values.at("V_m")[k];
    }
    for (size_t k = 0; k < recording_.sample_times_ms.size(); ++k) {
      const double time_ms = recording_.sample_times_ms[k];
      const auto sample = potentials.find(step(time_ms));
      if (sample == potentials.end()) {
        return absl::OutOfRangeError(absl::StrCat("V_m was not sampled at ", time_ms, " ms"));
      }
      report->CompareValue(kPotential, time_ms, "V_m", recording_.potentials_mv[k], sample->second);
    }
    return absl::OkStatus();
  }

  Recording recording_;
};

}  // namespace

std::unique_ptr<Case> ReadNeuronCase(const Fields& fields) {
  Recording recording{.resolution_ms = fields.Positive("resolution_ms"),
                      .duration_ms = fields.Positive("duration_ms"),
                      .model = fields.Text("model"),
                      .parameters = fields.NumbersByName("params")};
  for (const Fields& input : fields.Objects("inputs")) {
    recording.devices.push_back(ReadDevice(input));
  }
  const Fields potential = fields.Object("V_m");
  recording.sample_times_ms = potential.Numbers("times_ms");
  recording.potentials_mv = potential.Numbers("mV");
  if (recording.potentials_mv.size() != recording.sample_times_ms.size()) {
    potential.Fail("mV", "must have one number for each of times_ms");
  }
  recording.spikes = Train(fields.Numbers("spikes_ms"));
  return std::make_unique<NeuronCase>(fields.Text("name"), std::move(recording));
}

}  // namespace spiked::verify
