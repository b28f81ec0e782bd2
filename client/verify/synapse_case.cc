#include "client/verify/synapse_case.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/input.h"
#include "client/verify/specification.h"
#include "client/verify/spikes.h"

namespace spiked::verify {
namespace {

constexpr char kPre[] = "pre";
constexpr char kPost[] = "post";
constexpr char kDopa[] = "dopa";
constexpr char kTransmitter[] = "transmitter";
constexpr char kDopaminergic[] = "stdp_dopamine_synapse";

// What is recorded of the synapse, by the name of its column.
const std::map<std::string, Quantity>& Columns() {
  static const auto* const kColumns =
      new std::map<std::string, Quantity>{{"weight", kW}, {"c", kC}, {"n", kN}};
  return *kColumns;
}

// A neuron behind a spike generator of its own.
struct Driven {
  std::vector<double> generator_ms = {};
  std::vector<Spike> spikes = {};
};

// What only a dopaminergic synapse has.
struct Dopamine {
  Driven neuron = {};
  double transmitter_delay_ms = 0.0;
  double deliver_interval = 0.0;
};

struct Recording {
  double resolution_ms = 0.0;
  double duration_ms = 0.0;
  std::string synapse_model = {};
  std::map<std::string, double> synapse_parameters = {};
  double weight = 0.0;
  double delay_ms = 0.0;
  Driven pre = {}, post = {};
  std::map<std::string, double> post_parameters = {};
  double post_generator_weight = 0.0;
  double generator_delay_ms = 0.0;
  std::optional<Dopamine> dopamine = {};
  // Rows of a table: a time, then what Columns() knows.
  std::vector<std::string> columns = {};
  std::vector<std::vector<double>> trace = {};
};

Driven ReadDriven(const Fields& fields, absl::string_view name) {
  return {.generator_ms = fields.Numbers(absl::StrCat(name, "_generator_ms")),
          .spikes = Train(fields.Numbers(absl::StrCat(name, "_spikes_ms")))};
}

std::string GeneratorName(absl::string_view name) { return absl::StrCat(name, "_generator"); }

class SynapseCase : public Case {
 public:
  SynapseCase(std::string name, Recording recording)
      : Case(std::move(name), recording.resolution_ms), recording_(std::move(recording)) {}

 private:
  // The neurons that are driven, by name.
  std::vector<std::pair<const char*, const Driven*>> Neurons() const {
    std::vector<std::pair<const char*, const Driven*>> neurons = {{kPre, &recording_.pre},
                                                                  {kPost, &recording_.post}};
    if (recording_.dopamine) neurons.emplace_back(kDopa, &recording_.dopamine->neuron);
    return neurons;
  }

  absl::StatusOr<v1::NetworkSpecification> Specification(client::Client&) const override {
    v1::NetworkSpecification specification;
    for (const auto& [name, neuron] : Neurons()) {
      AddPopulation(&specification, GeneratorName(name), "spike_generator", 1);
      // What is before the synapse, and the source of dopamine, only repeat
      // their generators.
      const bool relay = neuron != &recording_.post;
      v1::Population& population =
          relay ? AddPopulation(&specification, name, "parrot_neuron", 1)
                : AddPopulation(&specification, name, "iaf_psc_exp", 1, recording_.post_parameters);
      RecordSpikes(&population, neuron->spikes.size());
      AddProjection(&specification, GeneratorName(name), name,
                    relay ? 1.0 : recording_.post_generator_weight, recording_.generator_delay_ms);
    }
    if (recording_.dopamine) {
      AddPopulation(&specification, kTransmitter, "volume_transmitter", 1,
                    {{"deliver_interval", recording_.dopamine->deliver_interval}});
      AddProjection(&specification, kDopa, kTransmitter, 1.0,
                    recording_.dopamine->transmitter_delay_ms);
    }
    v1::Projection& synapse =
        AddProjection(&specification, kPre, kPost, recording_.weight, recording_.delay_ms);
    synapse.set_synapse_model(recording_.synapse_model);
    for (const auto& [name, value] : recording_.synapse_parameters) {
      (*synapse.mutable_parameters())[name] = client::Number(value);
    }
    if (recording_.dopamine) synapse.set_volume_transmitter(kTransmitter);
    return specification;
  }

  absl::Status Simulate(client::Session& session, Report* report) const override {
    std::vector<v1::Input> inputs;
    for (const auto& [name, neuron] : Neurons()) {
      inputs.push_back(client::SpikeTrain(InNetwork(GeneratorName(name)), 0, neuron->generator_ms));
    }
    if (auto status = session.SetInput(inputs).status(); !status.ok()) return status;
    double now_ms = 0.0;
    for (const std::vector<double>& row : recording_.trace) {
      if (auto status = StepTo(session, row[0], &now_ms); !status.ok()) return status;
      if (auto status = CompareRow(session, row, report); !status.ok()) return status;
    }
    if (auto status = StepTo(session, recording_.duration_ms, &now_ms); !status.ok()) return status;
    for (const auto& [name, neuron] : Neurons()) {
      const auto spikes = session.GetSpikes(InNetwork(name));
      if (!spikes.ok()) return spikes.status();
      report->CompareSpikes(name, neuron->spikes, ToSpikes(*spikes));
    }
    return absl::OkStatus();
  }

  static absl::Status StepTo(client::Session& session, double time_ms, double* now_ms) {
    const auto step = session.Step(time_ms - *now_ms);
    if (!step.ok()) return step.status();
    *now_ms = step->time_ms();
    return absl::OkStatus();
  }

  absl::Status CompareRow(client::Session& session, const std::vector<double>& row,
                          Report* report) const {
    std::vector<std::string> variables;
    for (size_t k = 1; k < row.size(); ++k) {
      if (Columns().at(recording_.columns[k]) != kW) variables.push_back(recording_.columns[k]);
    }
    const auto weights = session.GetWeights(InNetwork(absl::StrCat(kPre, "_", kPost)), variables);
    if (!weights.ok()) return weights.status();
    for (size_t k = 1; k < row.size(); ++k) {
      const std::string& column = recording_.columns[k];
      const Quantity quantity = Columns().at(column);
      report->CompareValues(quantity, row[0], column, {row[k]},
                            quantity == kW ? weights->values : weights->variables.at(column));
    }
    return absl::OkStatus();
  }

  Recording recording_;
};

void CheckTrace(const Fields& fields, const Recording& recording) {
  const auto& columns = recording.columns;
  if (columns.empty() || columns[0] != "t_ms") fields.Fail("columns", "must begin with t_ms");
  for (size_t k = 1; k < columns.size(); ++k) {
    if (!Columns().contains(columns[k])) {
      fields.Fail("columns", absl::StrCat("has '", columns[k], "'; weight, c and n are known"));
    }
  }
  for (const auto& row : recording.trace) {
    if (row.size() != columns.size()) fields.Fail("trace", "must have one number a column");
  }
}

}  // namespace

std::unique_ptr<Case> ReadSynapseCase(const Fields& fields) {
  Recording recording{.resolution_ms = fields.Positive("resolution_ms"),
                      .duration_ms = fields.Positive("duration_ms"),
                      .synapse_model = fields.Text("model"),
                      .synapse_parameters = fields.NumbersByName("props"),
                      .weight = fields.Number("initial_weight"),
                      .delay_ms = fields.Number("delay_ms"),
                      .pre = ReadDriven(fields, kPre),
                      .post = ReadDriven(fields, kPost),
                      .post_parameters = fields.NumbersByName("post_params"),
                      .post_generator_weight = fields.Number("post_generator_weight"),
                      .generator_delay_ms = fields.Number("generator_delays_ms"),
                      .columns = fields.Texts("columns"),
                      .trace = fields.Table("trace")};
  if (recording.synapse_model == kDopaminergic) {
    recording.dopamine = {.neuron = ReadDriven(fields, kDopa),
                          .transmitter_delay_ms = fields.Number("dopa_to_vt_delay_ms"),
                          .deliver_interval = fields.Number("deliver_interval")};
  }
  CheckTrace(fields, recording);
  return std::make_unique<SynapseCase>(fields.Text("name"), std::move(recording));
}

}  // namespace spiked::verify
