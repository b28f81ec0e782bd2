// Building blocks of the engine's tests: specifications in a line, a network
// on a clock of its own, matchers for errors.
#pragma once

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "server/engine/error.h"
#include "server/engine/instruction_set.h"
#include "server/engine/simulation.h"

namespace spiked::engine {

inline PopulationSpec Population(std::string name, std::string model, uint32_t size = 1,
                                 Parameters parameters = {}) {
  PopulationSpec p;
  p.name = std::move(name);
  p.model = std::move(model);
  p.size = size;
  p.parameters = std::move(parameters);
  return p;
}

inline PopulationSpec Recorded(PopulationSpec p) {
  p.record_spikes = true;
  return p;
}

// A projection called `source-target`.
inline ProjectionSpec Projection(const std::string& source, const std::string& target,
                                 Value weight = 1.0, Value delay_ms = 1.0,
                                 ConnectionRule rule = AllToAll{}) {
  ProjectionSpec p;
  p.name = source + "-" + target;
  p.source = source;
  p.target = target;
  p.rule = std::move(rule);
  p.weight = std::move(weight);
  p.delay_ms = std::move(delay_ms);
  return p;
}

inline ProjectionSpec Plastic(ProjectionSpec p, std::string synapse_model,
                              Parameters parameters = {}, std::string volume_transmitter = "") {
  p.synapse_model = std::move(synapse_model);
  p.parameters = std::move(parameters);
  p.volume_transmitter = std::move(volume_transmitter);
  return p;
}

inline ProjectionSpec Named(std::string name, ProjectionSpec p) {
  p.name = std::move(name);
  return p;
}

// A multimeter called `meter`.
inline MultimeterSpec Multimeter(std::string population, double interval_ms,
                                 std::vector<std::string> variables = {"V_m"}) {
  MultimeterSpec m;
  m.name = "meter";
  m.population = std::move(population);
  m.variables = std::move(variables);
  m.interval_ms = interval_ms;
  return m;
}

// The one status of a Status or StatusOr.
inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status) {
  return status.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg);
  return arg.ok();
}

// An error with that code about that field.
MATCHER_P2(FailsWith, code, field, "fails with the code and the field") {
  *result_listener << StatusOf(arg);
  const auto at = FieldOf(StatusOf(arg));
  return StatusOf(arg).code() == code && at.has_value() && *at == field;
}

// INVALID_ARGUMENT about that field.
MATCHER_P(IsInvalid, field, "is INVALID_ARGUMENT about " + testing::PrintToString(field)) {
  return testing::ExplainMatchResult(
      FailsWith(absl::StatusCode::kInvalidArgument, std::string(field)), arg, result_listener);
}

// NOT_FOUND about that field.
MATCHER_P(IsNotFound, field, "is NOT_FOUND about " + testing::PrintToString(field)) {
  return testing::ExplainMatchResult(FailsWith(absl::StatusCode::kNotFound, std::string(field)),
                                     arg, result_listener);
}

// All there is to read of connections, but for further variables.
struct SynapseColumns {
  std::vector<uint32_t> sources, targets;
  std::vector<double> weights;
};

inline SynapseColumns ReadSynapses(const Network& network, int projection, uint64_t first = 0,
                                   uint64_t count = UINT64_MAX) {
  const SynapseView view = network.Synapses(projection, first, count);
  const size_t size = view.size();
  SynapseColumns columns{.sources = std::vector<uint32_t>(size),
                         .targets = std::vector<uint32_t>(size),
                         .weights = std::vector<double>(size)};
  view.CopySources(columns.sources.data());
  view.CopyTargets(columns.targets.data());
  view.CopyWeights(columns.weights.data());
  return columns;
}

inline std::string SavedBytes(const Simulation& simulation) {
  std::string bytes;
  simulation.Save([&](absl::string_view piece) { bytes.append(piece.data(), piece.size()); });
  return bytes;
}

// A network on a clock of its own, addressed by names.
class Lab {
 public:
  explicit Lab(const NetworkSpec& spec, uint64_t seed = 1, double resolution_ms = 0.1)
      : simulation_(std::make_unique<Simulation>(resolution_ms, seed)),
        network_(simulation_->AddNetwork("network", spec).value()) {}

  Simulation& simulation() { return *simulation_; }
  Network& network() { return *network_; }
  int Population(const std::string& name) const { return network_->FindPopulation(name); }
  int Projection(const std::string& name) const { return network_->FindProjection(name); }

  void RunTo(Step until) { EXPECT_THAT(simulation_->Advance(until - simulation_->now()), IsOk()); }

  // Goes on with what has been saved of it.
  void SaveAndRestore() {
    simulation_ = Simulation::Restore(SavedBytes(*simulation_)).value();
    network_ = simulation_->FindNetwork("network");
  }

  // Gives all generators of a population their stamps.
  void Feed(const std::string& population, const std::vector<std::vector<Step>>& trains,
            const std::vector<uint32_t>& multiplicities = {}) {
    std::vector<uint32_t> senders;
    std::vector<Step> stamps;
    for (uint32_t k = 0; k < trains.size(); ++k) {
      senders.insert(senders.end(), trains[k].size(), k);
      stamps.insert(stamps.end(), trains[k].begin(), trains[k].end());
    }
    EXPECT_THAT(network_->SetSpikeTrains(Population(population), senders, stamps, multiplicities),
                IsOk());
  }

  // Stamps of one neuron.
  std::vector<Step> Stamps(const std::string& population, uint32_t sender = 0) const {
    const SpikeList spikes = network_->Spikes(Population(population), -1, kNever).List();
    std::vector<Step> stamps;
    for (size_t k = 0; k < spikes.stamps.size(); ++k) {
      if (spikes.senders[k] == sender) stamps.push_back(spikes.stamps[k]);
    }
    return stamps;
  }

  std::vector<double> Weights(const std::string& projection) const {
    return ReadSynapses(*network_, Projection(projection)).weights;
  }
  std::vector<double> Variable(const std::string& projection, const std::string& variable) const {
    const int number = Projection(projection);
    const SynapseView view = network_->Synapses(number, 0, UINT64_MAX);
    std::vector<double> values(view.size());
    view.CopyVariable(network_->SynapseVariable(number, variable).value(), values.data());
    return values;
  }

  // All samples of a variable of the first multimeter.
  std::vector<double> Signal(size_t variable = 0) const {
    return network_->Signals(0, -1, kNever).Values(variable);
  }

 private:
  std::unique_ptr<Simulation> simulation_;
  Network* network_;
};

// Computes with one instruction set, and with the best again afterwards.
class InstructionSetScope {
 public:
  explicit InstructionSetScope(const std::string& name) {
    EXPECT_THAT(UseInstructionSet(name), IsOk());
  }
  ~InstructionSetScope() { EXPECT_THAT(UseInstructionSet(InstructionSets().front()), IsOk()); }
  InstructionSetScope(const InstructionSetScope&) = delete;
};

// Stamps of a process that fires in any step with the given probability.
inline std::vector<Step> RandomTrain(std::mt19937_64* random, Step after, Step until,
                                     double probability) {
  std::bernoulli_distribution fires(probability);
  std::vector<Step> train;
  for (Step step = after + 1; step <= until; ++step) {
    if (fires(*random)) train.push_back(step);
  }
  return train;
}

inline std::vector<std::vector<Step>> RandomTrains(std::mt19937_64* random, size_t n, Step after,
                                                   Step until, double probability) {
  std::vector<std::vector<Step>> trains;
  for (size_t k = 0; k < n; ++k) {
    trains.push_back(RandomTrain(random, after, until, probability));
  }
  return trains;
}

struct Moments {
  double mean, variance;
};
template <typename Numbers>
Moments MomentsOf(const Numbers& numbers) {
  double sum = 0, squares = 0;
  for (const double x : numbers) sum += x;
  const double mean = sum / static_cast<double>(std::size(numbers));
  for (const double x : numbers) squares += (x - mean) * (x - mean);
  return {mean, squares / static_cast<double>(std::size(numbers) - 1)};
}

}  // namespace spiked::engine
