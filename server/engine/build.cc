// From a specification to a running network.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/number.h"
#include "server/engine/runtime.h"
#include "server/engine/stdp.h"
#include "server/engine/values.h"

namespace spiked::engine {
namespace {

// Fewer synapses of a neuron in a block, on average, are not worth a visit.
constexpr uint64_t kCellSynapses = 8;

Numbers NumbersOf(const Parameters& parameters) {
  Numbers numbers;
  for (const auto& [name, value] : parameters) numbers[name] = std::get<double>(value);
  return numbers;
}

}  // namespace

absl::Status Network::Impl::Build() {
  for (const PopulationSpec& p : spec_.populations) {
    populations_.emplace_back().info = {
        .name = p.name, .model = p.model, .size = p.size, .recorded = p.record_spikes};
  }
  if (auto s = BuildSynapses(); !s.ok()) return s;
  ChooseSlice();
  if (auto s = BuildPopulations(); !s.ok()) return s;
  BuildMultimeters();
  for (const auto& p : populations_) population_infos_.push_back(p.info);
  for (const auto& p : projections_) projection_infos_.push_back(p.info);
  for (const auto& m : multimeters_) multimeter_infos_.push_back(m.info);
  return absl::OkStatus();
}

absl::Status Network::Impl::BuildSynapses() {
  const auto number_of = [this](const std::string& name) {
    return static_cast<uint32_t>(std::ranges::find(spec_.populations, name, &PopulationSpec::name) -
                                 spec_.populations.begin());
  };
  // A rule changes weights spike by spike, whatever the target's block.
  const bool plastic = std::ranges::any_of(spec_.projections, [](const ProjectionSpec& p) {
    return p.synapse_model == "stdp_synapse" || p.synapse_model == "stdp_dopamine_synapse";
  });
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
    const uint32_t block_targets =
        plastic ? engine::Synapses::kOneBlock
                : std::max(kBlockLanes, static_cast<uint32_t>(std::min<uint64_t>(
                                            kCellSynapses * shape.targets * rows / connections,
                                            engine::Synapses::kOneBlock)));
    auto synapses = engine::Synapses::Build(spec, shape, context_.grid, key_,
                                            static_cast<uint32_t>(k), block_targets);
    if (!synapses.ok()) return Within(absl::StrCat("projections[", k, "]"), synapses.status());
    if (synapses->blocks() > blocks_.size()) blocks_.resize(synapses->blocks());
    const auto* all = std::get_if<AllToAll>(&spec.rule);
    const bool dense =
        all != nullptr && synapses->size() == uint64_t{shape.sources} * shape.targets;
    projections_.push_back({.info = {.name = spec.name,
                                     .synapse_model = spec.synapse_model,
                                     .source_size = shape.sources,
                                     .target_size = shape.targets,
                                     .synapses = synapses->size(),
                                     .dense = dense && synapses->uniform_delay()},
                            .source = source,
                            .target = target,
                            .synapses = *std::move(synapses),
                            .rule = nullptr,
                            .reward = nullptr,
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
    const bool plain = spec_.projections[k].synapse_model == "static_synapse";
    if (synapses.size() > 0 && !(plain && synapses.delays().longest == slice_)) one_delay_ = false;
  }
}

absl::StatusOr<std::vector<double>> Network::Impl::Sample(size_t population,
                                                          const std::string& parameter) const {
  const PopulationSpec& spec = spec_.populations[population];
  const ModelInfo& model = *FindModel(spec.model);
  const ParameterInfo& info = *model.FindParameter(parameter);
  // One stream for each parameter of each population.
  const auto stream = static_cast<uint32_t>(population * 64 + (&info - model.parameters.data()));
  const Sampler sampler(spec.parameters.at(parameter), key_,
                        StreamOf(Purpose::kParameters, stream));
  const std::string field =
      absl::StrCat("populations[", population, "].parameters[", parameter, "]");
  std::vector<double> values(spec.size);
  for (uint32_t k = 0; k < spec.size; ++k) {
    const auto value = sampler(k);
    if (!value.ok()) return InvalidField(field, std::string(value.status().message()));
    if (auto s = CheckParameterNumber(*value, info, context_.grid, field); !s.ok()) return s;
    values[k] = *value;
  }
  return values;
}

absl::Status Network::Impl::BuildPopulations() {
  std::vector<std::vector<IafParameters>> neurons(populations_.size());
  std::vector<std::vector<double>> tau_minus(populations_.size());
  for (size_t k = 0; k < populations_.size(); ++k) {
    RuntimePopulation& p = populations_[k];
    const PopulationSpec& spec = spec_.populations[k];
    if (p.info.recorded) {
      p.recorder = std::make_unique<SpikeRecorder>(spec.record_limit, spec.size);
    }
    if (p.info.model == "iaf_psc_exp") {
      if (auto s = BuildNeurons(k, &neurons[k], &tau_minus[k]); !s.ok()) return s;
    } else if (auto s = BuildDevices(k); !s.ok()) {
      return s;
    }
  }
  BuildGroups(std::move(neurons));
  BuildRules(tau_minus);
  return absl::OkStatus();
}

absl::Status Network::Impl::BuildNeurons(size_t population, std::vector<IafParameters>* neurons,
                                         std::vector<double>* tau_minus) {
  neurons->resize(spec_.populations[population].size);
  const auto fill = [&](const std::string& parameter, double IafParameters::*member) {
    const auto values = Sample(population, parameter);
    if (!values.ok()) return values.status();
    for (size_t k = 0; k < neurons->size(); ++k) (*neurons)[k].*member = (*values)[k];
    return absl::OkStatus();
  };
  const std::pair<const char*, double IafParameters::*> members[] = {
      {"C_m", &IafParameters::C_m},
      {"tau_m", &IafParameters::tau_m},
      {"tau_syn_ex", &IafParameters::tau_syn_ex},
      {"tau_syn_in", &IafParameters::tau_syn_in},
      {"t_ref", &IafParameters::t_ref},
      {"E_L", &IafParameters::E_L},
      {"V_th", &IafParameters::V_th},
      {"V_reset", &IafParameters::V_reset},
      {"I_e", &IafParameters::I_e},
  };
  for (const auto& [name, member] : members) {
    if (auto s = fill(name, member); !s.ok()) return s;
  }
  if (spec_.populations[population].parameters.contains("V_m")) {
    if (auto s = fill("V_m", &IafParameters::V_m); !s.ok()) return s;
  } else {
    for (IafParameters& neuron : *neurons) neuron.V_m = neuron.E_L;
  }
  for (size_t k = 0; k < neurons->size(); ++k) {
    const IafParameters& neuron = (*neurons)[k];
    if (neuron.V_reset >= neuron.V_th) {
      return InvalidField(
          absl::StrCat("populations[", population, "].parameters[V_reset]"),
          absl::StrFormat("must be below V_th; for neuron %d, %s mV and %s mV were drawn", k,
                          ToText(neuron.V_reset), ToText(neuron.V_th)));
    }
  }
  auto values = Sample(population, "tau_minus");
  if (!values.ok()) return values.status();
  *tau_minus = *std::move(values);
  return absl::OkStatus();
}

absl::Status Network::Impl::BuildDevices(size_t population) {
  RuntimePopulation& p = populations_[population];
  const std::string& model = p.info.model;
  if (model == "parrot_neuron" || model == "volume_transmitter") {
    p.arrivals = std::make_unique<CountRing>(p.info.size, horizon_);
  }
  if (model == "parrot_neuron") {
    relays_.push_back(static_cast<int>(population));
    p.relays = true;
  }
  if (model == "spike_generator") {
    p.schedule = std::make_unique<SpikeSchedule>();
    generators_.push_back(static_cast<int>(population));
  }
  if (model == "volume_transmitter") {
    const double interval =
        std::get<double>(spec_.populations[population].parameters.at("deliver_interval"));
    transmitters_.push_back({.population = static_cast<uint32_t>(population),
                             .deliver_interval = static_cast<Step>(interval),
                             .pending = {},
                             .rules = {}});
  }
  if (model == "step_current_generator") {
    p.currents = std::make_unique<PlannedCurrents>(p.info.size);
  }
  const auto sample = [&](const char* name, std::vector<double>* values) {
    auto sampled = Sample(population, name);
    if (!sampled.ok()) return sampled.status();
    *values = *std::move(sampled);
    return absl::OkStatus();
  };
  if (model == "poisson_generator") return sample("rate", &p.rates);
  if (model == "noise_generator") {
    std::vector<double> mean, std;
    if (auto s = sample("mean", &mean); !s.ok()) return s;
    if (auto s = sample("std", &std); !s.ok()) return s;
    const double dt = std::get<double>(spec_.populations[population].parameters.at("dt"));
    p.currents = std::make_unique<NoiseCurrents>(std::move(mean), std::move(std),
                                                 *context_.grid.ToSteps(dt), context_.begin, key_);
  }
  if (model == "dc_generator") {
    if (auto s = sample("amplitude", &p.amplitude); !s.ok()) return s;
    if (auto s = sample("start", &p.start); !s.ok()) return s;
    if (auto s = sample("stop", &p.stop); !s.ok()) return s;
    if (auto s = CheckWindows(p.start, p.stop); !s.ok()) {
      return Within(absl::StrCat("populations[", population, "]"), s);
    }
    p.currents = std::make_unique<PlannedCurrents>(p.info.size);
    PlanDirectCurrents(&p);
  }
  return absl::OkStatus();
}

// Neurons of equal constants share a group; a population whose neurons differ
// has one of its own.
void Network::Impl::BuildGroups(std::vector<std::vector<IafParameters>> neurons) {
  struct Plan {
    std::vector<IafConstants> constants;
    std::vector<IafParameters> neurons;
  };
  std::vector<Plan> plans;
  for (size_t k = 0; k < populations_.size(); ++k) {
    if (neurons[k].empty()) continue;
    std::vector<IafConstants> constants;
    for (const IafParameters& n : neurons[k]) {
      constants.push_back(IafConstants::Of(n, context_.grid));
    }
    const bool uniform = std::ranges::all_of(
        constants, [&](const IafConstants& c) { return c == constants.front(); });
    if (uniform) constants.resize(1);
    auto plan = plans.end();
    if (uniform) plan = std::ranges::find(plans, constants, &Plan::constants);
    if (plan == plans.end()) {
      plans.push_back({.constants = std::move(constants), .neurons = {}});
      groups_.emplace_back();
      plan = std::prev(plans.end());
    }
    const auto group = plan - plans.begin();
    populations_[k].group = static_cast<int>(group);
    populations_[k].first_lane = static_cast<uint32_t>(plan->neurons.size());
    plan->neurons.insert(plan->neurons.end(), neurons[k].begin(), neurons[k].end());
    for (uint32_t index = 0; index < neurons[k].size(); ++index) {
      groups_[group].population_of.push_back(static_cast<uint32_t>(k));
      groups_[group].index_of.push_back(index);
    }
  }
  for (size_t k = 0; k < plans.size(); ++k) {
    groups_[k].neurons =
        std::make_unique<IafGroup>(std::move(plans[k].constants), plans[k].neurons, horizon_);
    groups_[k].currents_change = now_;
    groups_[k].fired.resize((groups_[k].neurons->lanes() - 1) / kBlockLanes + 1);
  }
}

void Network::Impl::BuildRules(const std::vector<std::vector<double>>& tau_minus) {
  for (size_t k = 0; k < projections_.size(); ++k) {
    RuntimeProjection& p = projections_[k];
    const std::string& model = p.info.synapse_model;
    RuntimePopulation& source = populations_[p.source];
    RuntimePopulation& target = populations_[p.target];
    const int number = static_cast<int>(k);
    if (source.info.model == "poisson_generator") {
      poisson_projections_.push_back(number);
      p.poisson = std::make_unique<PoissonInput>(source.rates, p.synapses, static_cast<uint32_t>(k),
                                                 context_.grid, slice_, context_.begin, key_);
      continue;
    }
    if (source.currents != nullptr) {
      groups_[target.group].current_projections.push_back(number);
      continue;
    }
    source.outgoing.push_back(number);
    const Numbers parameters = NumbersOf(spec_.projections[k].parameters);
    if (model == "rstdp_synapse") {
      p.reward =
          std::make_unique<RewardRule>(parameters, context_.grid, &p.synapses, target.info.size);
      reward_projections_.push_back(number);
      source.reward_sources.push_back(number);
      target.reward_targets.push_back(number);
    }
    if (model != "stdp_synapse" && model != "stdp_dopamine_synapse") continue;
    if (target.history == nullptr) {
      target.history = std::make_unique<PostHistory>(context_.grid, tau_minus[p.target]);
      plastic_populations_.push_back(static_cast<int>(p.target));
    }
    const PlasticContext context = {.grid = context_.grid,
                                    .begin = context_.begin,
                                    .synapses = &p.synapses,
                                    .history = target.history.get(),
                                    .slice_begin = &slice_begin_};
    if (model == "stdp_synapse") {
      p.rule = std::make_unique<StdpRule>(parameters, context);
      continue;
    }
    const auto number_of_transmitter =
        std::ranges::find(spec_.populations, spec_.projections[k].volume_transmitter,
                          &PopulationSpec::name) -
        spec_.populations.begin();
    Transmitter& transmitter = *std::ranges::find(
        transmitters_, static_cast<uint32_t>(number_of_transmitter), &Transmitter::population);
    auto rule =
        std::make_unique<DopamineRule>(parameters, context, target.info.size, &transmitter.pending);
    transmitter.rules.push_back(rule.get());
    p.rule = std::move(rule);
    target.recent_window =
        std::max(target.recent_window,
                 p.synapses.delays().longest + slice_ * (transmitter.deliver_interval + 1));
  }
  // Currents are summed in the order of the devices.
  for (NeuronGroup& group : groups_) {
    std::ranges::stable_sort(group.current_projections, {},
                             [this](int k) { return projections_[k].source; });
    group.device_currents.resize(group.current_projections.empty() ? 0 : group.neurons->lanes());
  }
}

void Network::Impl::BuildMultimeters() {
  for (const MultimeterSpec& spec : spec_.multimeters) {
    const auto population = static_cast<uint32_t>(
        std::ranges::find(spec_.populations, spec.population, &PopulationSpec::name) -
        spec_.populations.begin());
    const uint32_t neurons = populations_[population].info.size;
    RuntimeMultimeter m = {.info = {.name = spec.name,
                                    .variables = spec.variables,
                                    .neurons = neurons,
                                    .interval = *context_.grid.ToSteps(spec.interval_ms),
                                    .record_limit = spec.record_limit},
                           .population = population,
                           .variables = {},
                           .samples = std::make_unique<Series<double>>(
                               spec.record_limit, spec.variables.size() * neurons)};
    for (const std::string& variable : spec.variables) {
      m.variables.push_back(variable == "V_m" ? 0 : variable == "I_syn_ex" ? 1 : 2);
    }
    groups_[populations_[population].group].multimeters.push_back(
        static_cast<int>(multimeters_.size()));
    multimeters_.push_back(std::move(m));
  }
}

}  // namespace spiked::engine
