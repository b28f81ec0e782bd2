// From a specification to a running network.
#include <algorithm>
#include <cmath>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/number.h"
#include "server/engine/runtime.h"
#include "server/engine/values.h"
#include "server/engine/weight_bounds.h"

namespace spiked::engine {
namespace {

// Fewer synapses of a neuron in a block, on average, are not worth a visit.
constexpr uint64_t kCellSynapses = 8;

template <typename Specs>
void NumberNames(const Specs& specs, absl::flat_hash_map<std::string, int>* numbers) {
  numbers->reserve(specs.size());
  for (const auto& spec : specs) numbers->emplace(spec.name, static_cast<int>(numbers->size()));
}

}  // namespace

absl::Status Network::Impl::Build(Crew* crew) {
  NumberNames(spec_.populations, &population_numbers_);
  NumberNames(spec_.projections, &projection_numbers_);
  NumberNames(spec_.multimeters, &multimeter_numbers_);
  for (const PopulationSpec& p : spec_.populations) {
    RuntimePopulation& population = populations_.emplace_back(&memory_);
    population.info = {
        .name = p.name, .model = p.model, .size = p.size, .recorded = p.record_spikes};
    population.model = FindModel(p.model);
  }
  if (auto s = BuildSynapses(crew); !s.ok()) return s;
  ChooseSlice();
  if (auto s = BuildPopulations(); !s.ok()) return s;
  BuildMultimeters();
  for (const auto& p : populations_) population_infos_.push_back(p.info);
  for (const auto& p : projections_) projection_infos_.push_back(p.info);
  for (const auto& m : multimeters_) multimeter_infos_.push_back(m.info);
  return absl::OkStatus();
}

absl::Status Network::Impl::BuildSynapses(Crew* crew) {
  const auto number_of = [this](const std::string& name) {
    return static_cast<uint32_t>(population_numbers_.at(name));
  };
  const auto shape_of = [&](const ProjectionSpec& p) {
    return ConnectionShape{.sources = spec_.populations[number_of(p.source)].size,
                           .targets = spec_.populations[number_of(p.target)].size,
                           .same_population = p.source == p.target};
  };
  uint64_t connections = 1, rows = 1;
  for (const ProjectionSpec& p : spec_.projections) {
    connections += ExpectedConnections(p.rule, shape_of(p));
    rows += shape_of(p).sources;
  }
  for (size_t k = 0; k < spec_.projections.size(); ++k) {
    const ProjectionSpec& spec = spec_.projections[k];
    const uint32_t source = number_of(spec.source), target = number_of(spec.target);
    const ConnectionShape shape = shape_of(spec);
    // All projections to a population divide it alike.
    const uint32_t block_targets = std::max(
        kBlockLanes,
        static_cast<uint32_t>(std::min<uint64_t>(kCellSynapses * shape.targets * rows / connections,
                                                 engine::Synapses::kOneBlock)));
    auto synapses = engine::Synapses::Build(
        spec, shape, context_.grid, key_, static_cast<uint32_t>(k), block_targets, crew, &memory_);
    if (!synapses.ok()) return Within(absl::StrCat("projections[", k, "]"), synapses.status());
    while (blocks_.size() < synapses->blocks()) blocks_.emplace_back(&memory_);
    const ModelInfo& model = *FindModel(spec.synapse_model);
    std::vector<double> parameters = SynapseParameters(spec, model);
    if (model.synapse.bounds != nullptr && std::holds_alternative<Distribution>(spec.weight)) {
      const WeightBounds bounds = model.synapse.bounds(parameters);
      for (uint32_t s = 0; s < synapses->size(); ++s) {
        const auto status = CheckWeightWithin(bounds, synapses->weight(s), "weight");
        if (!status.ok()) return Within(absl::StrCat("projections[", k, "]"), status);
      }
    }
    const auto* all = std::get_if<AllToAll>(&spec.rule);
    const bool dense =
        all != nullptr && synapses->size() == uint64_t{shape.sources} * shape.targets;
    projections_.push_back({.info = {.name = spec.name,
                                     .synapse_model = spec.synapse_model,
                                     .source_size = shape.sources,
                                     .target_size = shape.targets,
                                     .synapses = synapses->size(),
                                     .rewarded = model.synapse.on_emission,
                                     .dense = dense && synapses->uniform_delay()},
                            .source = source,
                            .target = target,
                            .synapses = *std::move(synapses),
                            .model = &model,
                            .parameters = std::move(parameters),
                            .rule = nullptr,
                            .poisson = nullptr});
  }
  return absl::OkStatus();
}

void Network::Impl::ChooseSlice() {
  Reach reach(context_.grid);
  for (const auto& p : projections_) {
    if (p.synapses.size() > 0) reach.Include(p.synapses.delays());
  }
  slice_ = reach.slice();
  horizon_ = reach.horizon();
  for (size_t k = 0; k < projections_.size(); ++k) {
    const auto& synapses = projections_[k].synapses;
    const bool plain = projections_[k].model->synapse.make == nullptr;
    if (synapses.size() > 0 && !(plain && synapses.delays().longest == slice_)) one_delay_ = false;
  }
}

absl::StatusOr<ParameterColumns> Network::Impl::SampleParameters(size_t population) const {
  const PopulationSpec& spec = spec_.populations[population];
  const ModelInfo& model = *populations_[population].model;
  const std::string where = absl::StrCat("populations[", population, "].parameters[");
  ParameterColumns columns(populations_.get_allocator());
  for (size_t n = 0; n < model.parameters.size(); ++n) {
    const ParameterInfo& info = model.parameters[n];
    std::pmr::vector<double>& column = columns.emplace_back(spec.size);
    const auto value = spec.parameters.find(std::string(info.name));
    if (value == spec.parameters.end()) {
      column = columns[model.IndexOf(info.follows)];  // which was drawn
      continue;
    }
    // One stream for each parameter of each population.
    const auto stream = static_cast<uint32_t>(population * 64 + n);
    const Sampler sampler(value->second, key_, StreamOf(Purpose::kParameters, stream));
    const std::string field = absl::StrCat(where, std::string(info.name), "]");
    for (uint32_t k = 0; k < spec.size; ++k) {
      const auto x = sampler(k);
      if (!x.ok()) return InvalidField(field, std::string(x.status().message()));
      if (auto s = CheckParameterNumber(*x, info, context_.grid, field); !s.ok()) return s;
      column[k] = *x;
    }
  }
  if (model.check != nullptr) {
    std::vector<double> row(columns.size());
    for (uint32_t k = 0; k < spec.size; ++k) {
      for (size_t n = 0; n < row.size(); ++n) row[n] = columns[n][k];
      if (auto s = model.check(row); !s.ok()) {
        return Within(absl::StrCat("populations[", population, "]"),
                      InvalidField(*FieldOf(s), absl::StrCat(std::string(s.message()),
                                                             " (as drawn for number ", k, ")")));
      }
    }
  }
  return columns;
}

absl::Status Network::Impl::BuildPopulations() {
  std::pmr::vector<ParameterColumns> parameters(populations_.size(), &memory_);
  for (size_t k = 0; k < populations_.size(); ++k) {
    RuntimePopulation& p = populations_[k];
    const PopulationSpec& spec = spec_.populations[k];
    if (p.info.recorded) {
      p.recorder = std::make_unique<SpikeRecorder>(spec.record_limit, spec.size, &memory_);
    }
    auto columns = SampleParameters(k);
    if (!columns.ok()) return columns.status();
    if (p.model->neuron != nullptr) {
      parameters[k] = *std::move(columns);
    } else {
      p.parameters = *std::move(columns);
      BuildDevices(k);
    }
  }
  BuildGroups(parameters);
  BuildRules(parameters);
  return absl::OkStatus();
}

void Network::Impl::BuildDevices(size_t population) {
  RuntimePopulation& p = populations_[population];
  const int number = static_cast<int>(population);
  if (p.model->receives_spikes) {
    p.arrivals = std::make_unique<CountRing>(p.info.size, horizon_, &memory_);
  }
  if (p.model->repeats_spikes) relays_.push_back(number);
  if (p.model->input == Input::kSpikeTrains) {
    p.schedule = std::make_unique<SpikeSchedule>(&memory_);
    generators_.push_back(number);
  }
  if (p.model->kind == ModelKind::kVolumeTransmitter) {
    transmitters_.push_back({.population = static_cast<uint32_t>(population),
                             .deliver_interval = static_cast<Step>(p.parameters[0][0]),
                             .pending = std::pmr::vector<DopamineSpike>(&memory_),
                             .projections = {}});
  }
  if (p.model->make_currents != nullptr) {
    p.currents = p.model->make_currents({.devices = p.info.size,
                                         .parameters = &p.parameters,
                                         .grid = context_.grid,
                                         .begin = context_.begin,
                                         .key = key_,
                                         .memory = &memory_});
  }
}

// Neurons of equal constants share a group; a population whose neurons differ
// has one of its own.
void Network::Impl::BuildGroups(std::span<const ParameterColumns> parameters) {
  struct Plan {
    const NeuronModel* model;
    std::pmr::vector<NeuronGroup::Constants> constants;
    std::pmr::vector<NeuronGroup::Neuron> neurons;
  };
  std::pmr::vector<Plan> plans(&memory_);
  // Of neurons of equal constants, by model and constants.
  absl::flat_hash_map<std::pair<const NeuronModel*, NeuronGroup::Constants>, size_t> uniform_plans;
  for (size_t k = 0; k < populations_.size(); ++k) {
    const NeuronModel* model = populations_[k].model->neuron;
    if (model == nullptr) continue;
    const ParameterColumns& columns = parameters[k];
    const uint32_t size = populations_[k].info.size;
    std::pmr::vector<NeuronGroup::Constants> constants(size, &memory_);
    std::pmr::vector<NeuronGroup::Neuron> neurons(size, &memory_);
    std::vector<double> row(columns.size());
    for (uint32_t index = 0; index < size; ++index) {
      for (size_t n = 0; n < row.size(); ++n) row[n] = columns[n][index];
      model->derive(row, context_.grid, std::span(constants[index].values));
      model->begin(row, std::span(neurons[index].states));
      neurons[index].constant_current = row[model->constant_current];
    }
    const bool uniform = std::ranges::all_of(
        constants, [&](const NeuronGroup::Constants& c) { return c == constants.front(); });
    if (uniform) constants.resize(1);
    size_t group = plans.size();
    if (uniform) {
      group = uniform_plans.try_emplace({model, constants.front()}, group).first->second;
    }
    if (group == plans.size()) {
      plans.push_back({.model = model,
                       .constants = std::move(constants),
                       .neurons = std::pmr::vector<NeuronGroup::Neuron>(&memory_)});
      groups_.emplace_back(&memory_);
    }
    Plan& plan = plans[group];
    populations_[k].group = static_cast<int>(group);
    populations_[k].first_lane = static_cast<uint32_t>(plan.neurons.size());
    plan.neurons.insert(plan.neurons.end(), neurons.begin(), neurons.end());
    for (uint32_t index = 0; index < size; ++index) {
      groups_[group].population_of.push_back(static_cast<uint32_t>(k));
      groups_[group].index_of.push_back(index);
    }
  }
  for (size_t k = 0; k < plans.size(); ++k) {
    groups_[k].neurons = std::make_unique<NeuronGroup>(*plans[k].model, plans[k].constants,
                                                       plans[k].neurons, horizon_, &memory_);
    groups_[k].currents_change = now_;
    groups_[k].fired.resize((groups_[k].neurons->lanes() - 1) / kBlockLanes + 1);
  }
}

void Network::Impl::BuildRules(std::span<const ParameterColumns> parameters) {
  for (size_t k = 0; k < projections_.size(); ++k) {
    RuntimeProjection& p = projections_[k];
    RuntimePopulation& source = populations_[p.source];
    RuntimePopulation& target = populations_[p.target];
    const int number = static_cast<int>(k);
    if (source.model->emission == Emission::kPoissonSpikes) {
      poisson_projections_.push_back(number);
      p.poisson =
          std::make_unique<PoissonInput>(source.parameters[0], p.synapses, static_cast<uint32_t>(k),
                                         context_.grid, slice_, context_.begin, key_, &memory_);
      continue;
    }
    if (source.model->emission == Emission::kCurrents) {
      groups_[target.group].current_projections.push_back(number);
      continue;
    }
    source.outgoing.push_back(number);
    const SynapseModel& model = p.model->synapse;
    if (model.make == nullptr) continue;
    if (model.on_emission) {
      watching_projections_.push_back(number);
      source.watched_as_source.push_back(number);
      target.watched_as_target.push_back(number);
    }
    if (model.reads_history && target.history == nullptr) {
      target.history = std::make_unique<PostHistory>(
          context_.grid, parameters[p.target][target.model->neuron->tau_minus], &memory_);
      plastic_populations_.push_back(static_cast<int>(p.target));
    }
    Transmitter* transmitter = nullptr;
    if (model.needs_transmitter) {
      // They are in the order of their populations.
      const auto population =
          static_cast<uint32_t>(population_numbers_.at(spec_.projections[k].volume_transmitter));
      transmitter =
          &*std::ranges::lower_bound(transmitters_, population, {}, &Transmitter::population);
      target.recent_window =
          std::max(target.recent_window,
                   p.synapses.delays().longest + slice_ * (transmitter->deliver_interval + 1));
    }
    p.rule = model.make({.parameters = p.parameters,
                         .grid = context_.grid,
                         .begin = context_.begin,
                         .synapses = &p.synapses,
                         .targets = target.info.size,
                         .history = model.reads_history ? target.history.get() : nullptr,
                         .slice_begin = &slice_begin_,
                         .dopamine = transmitter != nullptr ? &transmitter->pending : nullptr,
                         .memory = &memory_});
    if (transmitter != nullptr) transmitter->projections.push_back(number);
  }
  // Currents are summed in the order of the devices.
  for (RuntimeGroup& group : groups_) {
    std::ranges::stable_sort(group.current_projections, {},
                             [this](int k) { return projections_[k].source; });
    group.device_currents.resize(group.current_projections.empty() ? 0 : group.neurons->lanes());
  }
}

void Network::Impl::BuildMultimeters() {
  for (const MultimeterSpec& spec : spec_.multimeters) {
    const auto population = static_cast<uint32_t>(population_numbers_.at(spec.population));
    const uint32_t neurons = populations_[population].info.size;
    RuntimeMultimeter m = {.info = {.name = spec.name,
                                    .variables = spec.variables,
                                    .neurons = neurons,
                                    .interval = *context_.grid.ToSteps(spec.interval_ms),
                                    .record_limit = spec.record_limit},
                           .population = population,
                           .variables = {},
                           .samples = std::make_unique<Series<double>>(
                               spec.record_limit, spec.variables.size() * neurons, &memory_)};
    for (const std::string& variable : spec.variables) {
      m.variables.push_back(populations_[population].model->IndexOfRecordable(variable));
    }
    groups_[populations_[population].group].multimeters.push_back(
        static_cast<int>(multimeters_.size()));
    multimeters_.push_back(std::move(m));
  }
}

}  // namespace spiked::engine
