#include "client/verify/recurrent_case.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/input.h"
#include "client/verify/formula.h"
#include "client/verify/pattern.h"
#include "client/verify/specification.h"
#include "client/verify/spikes.h"

namespace spiked::verify {
namespace {

constexpr char kNeurons[] = "neurons";
constexpr char kOrder[] = "i ascending, then k ascending";

struct Recording {
  double resolution_ms = 0.0;
  double duration_ms = 0.0;
  std::string model = {};
  uint32_t neurons = 0;
  std::map<std::string, double> parameters = {};
  // Of each neuron.
  std::vector<double> currents_pa = {}, potentials_mv = {};
  // Of each connection.
  std::vector<uint32_t> sources = {}, targets = {};
  std::vector<double> weights_pa = {}, delays_ms = {};
  std::vector<Spike> spikes = {};
};

class RecurrentCase : public Case {
 public:
  RecurrentCase(std::string name, Recording recording)
      : Case(std::move(name), recording.resolution_ms), recording_(std::move(recording)) {}

 private:
  absl::StatusOr<v1::NetworkSpecification> Specification(client::Client&) const override {
    v1::NetworkSpecification specification;
    v1::Population& neurons = AddPopulation(&specification, kNeurons, recording_.model,
                                            recording_.neurons, recording_.parameters);
    (*neurons.mutable_parameters())["I_e"] = client::Numbers(recording_.currents_pa);
    (*neurons.mutable_parameters())["V_m"] = client::Numbers(recording_.potentials_mv);
    RecordSpikes(&neurons, recording_.spikes.size());

    v1::Projection& projection = AddProjection(&specification, kNeurons, kNeurons, 0.0, 0.0);
    v1::ExplicitPairs& pairs = *projection.mutable_rule()->mutable_explicit_pairs();
    pairs.mutable_sources()->Add(recording_.sources.begin(), recording_.sources.end());
    pairs.mutable_targets()->Add(recording_.targets.begin(), recording_.targets.end());
    *projection.mutable_weight() = client::Numbers(recording_.weights_pa);
    *projection.mutable_delay_ms() = client::Numbers(recording_.delays_ms);
    return specification;
  }

  absl::Status Simulate(client::Session& session, Report* report) const override {
    if (auto status = session.Step(recording_.duration_ms).status(); !status.ok()) return status;
    const auto spikes = session.GetSpikes(InNetwork(kNeurons));
    if (!spikes.ok()) return spikes.status();
    report->CompareSpikes(kNeurons, recording_.spikes, ToSpikes(*spikes));
    return absl::OkStatus();
  }

  Recording recording_;
};

void ReadNeurons(const Fields& fields, Recording* recording) {
  const Formula current(fields, "I_e_pA", {"i"});
  const Formula potential(fields, "V_m_mV", {"i"});
  for (uint32_t i = 0; i < recording->neurons && fields.status().ok(); ++i) {
    recording->currents_pa.push_back(current.Real({i}));
    recording->potentials_mv.push_back(potential.Real({i}));
  }
}

void ReadConnections(const Fields& fields, uint32_t indegree, Recording* recording) {
  constexpr char kSource[] = "source_of_input_k_of_neuron_i";
  const Formula source(fields, kSource, {"i", "k"});
  const Formula weight(fields, "weight", {"i", "k"});
  const Formula delay(fields, "delay_ms", {"i", "k"});
  for (uint32_t i = 0; i < recording->neurons; ++i) {
    for (uint32_t k = 0; k < indegree && fields.status().ok(); ++k) {
      const int64_t neuron = source.Whole({i, k});
      if (neuron < 0 || neuron >= recording->neurons) {
        fields.Fail(kSource, absl::StrCat("names neuron ", neuron, " of ", recording->neurons,
                                          " for i = ", i, ", k = ", k));
        return;
      }
      recording->sources.push_back(static_cast<uint32_t>(neuron));
      recording->targets.push_back(i);
      recording->weights_pa.push_back(weight.Real({i, k}));
      recording->delays_ms.push_back(delay.Real({i, k}));
    }
  }
}

// Spikes are pairs of a step and a neuron; a text says how long a step is.
std::vector<Spike> ReadSpikes(const Fields& fields) {
  const auto step = Match(fields.Text("spikes"), R"(\[time in (\S+) ms steps, neuron\].*)");
  if (!step) {
    fields.Fail("spikes", "must read '[time in ... ms steps, neuron]'");
    return {};
  }
  const double step_ms = ReadDecimal(fields, "spikes", step->front());
  std::vector<Spike> spikes;
  for (const auto& pair : fields.Table("spike_list")) {
    if (pair.size() != 2) {
      fields.Fail("spike_list", "must be a list of pairs of a time and a neuron");
      break;
    }
    spikes.push_back(
        {.time_ms = pair[0] * step_ms, .neuron = ReadNeuron(fields, "spike_list", pair[1])});
  }
  return spikes;
}

}  // namespace

std::unique_ptr<Case> ReadRecurrentCase(const Fields& fields) {
  Recording recording{.resolution_ms = fields.Positive("resolution_ms"),
                      .duration_ms = fields.Positive("duration_ms"),
                      .model = fields.Text("model"),
                      .neurons = fields.Count("N_e") + fields.Count("N_i"),
                      .parameters = fields.NumbersByName("params"),
                      .spikes = ReadSpikes(fields)};
  if (fields.Text("connection_order") != kOrder) {
    fields.Fail("connection_order", absl::StrCat("must be '", kOrder, "'"));
  }
  ReadNeurons(fields, &recording);
  ReadConnections(fields, fields.Count("C_e") + fields.Count("C_i"), &recording);
  return std::make_unique<RecurrentCase>(fields.Text("name"), std::move(recording));
}

}  // namespace spiked::verify
