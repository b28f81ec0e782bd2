// From a specification to running parts. A network grows by what an extension
// adds; a new network is one that has been extended once.
//
// New parts are built behind those that there are, of which none knows of them
// until all are complete; then they are joined, which cannot fail. What fails
// before, or throws, is taken off again.
#include <algorithm>
#include <bit>
#include <iterator>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/appendices.h"
#include "server/engine/connect.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/number.h"
#include "server/engine/pace.h"
#include "server/engine/runtime.h"
#include "server/engine/values.h"
#include "server/engine/weight_bounds.h"

namespace spiked::engine {
namespace {

// Fewer synapses of a neuron in a block, on average, are not worth a visit.
constexpr uint64_t kCellSynapses = 8;

// Work of checking a weight, of drawing a parameter, of deriving a neuron's constants.
constexpr uint64_t kCheckWork = 4, kSampleWork = 32, kDeriveWork = 512;

template <typename Specs>
void NumberNames(const Specs& specs, ByName<int>* numbers) {
  for (const auto& spec : specs) numbers->emplace(spec.name, static_cast<int>(numbers->size()));
}

template <typename Specs>
void ForgetNames(const Specs& specs, ByName<int>* numbers) {
  for (const auto& spec : specs) numbers->erase(spec.name);
}

template <typename List>
void Shorten(List* list, size_t size) {
  while (list->size() > size) list->pop_back();
}

}  // namespace

class Network::Impl::Extension {
 public:
  // `spec` is resolved and outlives the extension; `given` is what is to be kept
  // of it.
  Extension(Impl* network, const NetworkSpec& spec, NetworkSpec given, Crew* crew, Pace* pace)
      : n_(*network),
        spec_(spec),
        given_(std::move(given)),
        crew_(crew),
        pace_(pace),
        populations_(n_.populations_.size()),
        projections_(n_.projections_.size()),
        multimeters_(n_.multimeters_.size()),
        groups_(n_.groups_.size()),
        transmitters_(n_.transmitters_.size()),
        blocks_(n_.blocks_.size()),
        reach_(n_.reach_) {}
  ~Extension() {
    if (!joined_) TakeOff();
  }
  Extension(const Extension&) = delete;

  absl::Status Build();
  void Join();

 private:
  absl::Status BuildSynapses();
  uint32_t BlockTargetsOf(uint32_t population, uint64_t rows, uint64_t connections);
  absl::Status BuildPopulations();
  absl::StatusOr<ParameterColumns> SampleParameters(size_t population) const;
  void BuildDevices(size_t population);
  // False if stopped.
  bool BuildGroups();
  bool BuildRules();
  PostHistory* HistoryOf(uint32_t population);
  void BuildMultimeters();
  // Makes what is under way to existing parts reach as far as it has to now.
  void Lengthen();
  // The Poisson spikes of what has passed of the present slice.
  void DrawUntilNow();
  void MakeRoom();
  void JoinCurrents();
  void TakeOff();

  // When the present slice ends. Spikes of old connections are handed out no
  // later than without the new ones, those of new ones before they arrive.
  Step slice_end() const {
    if (n_.slice_begin_ == n_.now_) return n_.now_ + reach_.slice();
    return std::min(n_.slice_end_, n_.now_ + reach_.slice());
  }
  // How far rings reach from now on; never less than they do.
  Step horizon() const { return std::max(n_.horizon_, reach_.horizon()); }

  // The ends of a projection, and what refers to them.
  struct Ends {
    uint32_t source, target;  // populations
    std::vector<uint32_t> source_neurons, target_neurons;
    ConnectionShape shape;
  };
  Ends EndsOf(const ProjectionSpec& p) const;
  uint32_t NumberOf(const std::string& population) const {
    return static_cast<uint32_t>(n_.population_numbers_.at(population));
  }

  Impl& n_;
  const NetworkSpec& spec_;
  NetworkSpec given_;
  Crew* const crew_;
  Pace* const pace_;
  // How many there were of each before.
  const size_t populations_, projections_, multimeters_, groups_, transmitters_, blocks_;
  bool joined_ = false;

  // What becomes of the network.
  Reach reach_;
  bool plain_ = true;  // of the new projections
  Appendices<int> numbers_;
  std::unordered_map<uint32_t, uint32_t> divisions_;                            // of populations
  std::unordered_map<uint32_t, std::unique_ptr<PostHistory>> histories_;        // likewise
  std::vector<std::pair<uint32_t, Step>> windows_;                              // by population
  std::vector<std::pair<size_t, std::unique_ptr<NeuronGroup>>> neurons_;        // by group
  std::vector<std::pair<uint32_t, std::unique_ptr<CountRing>>> arrivals_;       // by population
  std::vector<std::pair<int, std::pmr::vector<PoissonInput::Event>>> poisson_;  // by projection
};

absl::Status Network::Impl::Extend(const NetworkSpec& additions, Crew* crew, Pace* pace) {
  // What is left to do of a slice knows nothing of what comes.
  Begin(crew, pace);
  if (!FinishSlice()) return Stopped();
  const NetworkSpec resolved = ResolveSpec(additions);
  Extension extension(this, resolved, additions, crew, pace);
  if (auto s = extension.Build(); !s.ok()) return s;
  extension.Join();
  return absl::OkStatus();
}

absl::Status Network::Impl::Extension::Build() {
  NumberNames(spec_.populations, &n_.population_numbers_);
  NumberNames(spec_.projections, &n_.projection_numbers_);
  NumberNames(spec_.multimeters, &n_.multimeter_numbers_);
  for (const PopulationSpec& p : spec_.populations) {
    RuntimePopulation& population = n_.populations_.emplace_back(&n_.memory_);
    population.info = {
        .name = p.name, .model = p.model, .size = p.size, .recorded = p.record_spikes};
    population.model = FindModel(p.model);
    n_.population_infos_.push_back(population.info);
  }
  if (auto s = BuildSynapses(); !s.ok()) return s;
  if (auto s = BuildPopulations(); !s.ok()) return s;
  if (!BuildGroups() || !BuildRules()) return Stopped();
  BuildMultimeters();
  Lengthen();
  if (reach_.slice() != n_.slice_) DrawUntilNow();
  MakeRoom();
  return absl::OkStatus();
}

absl::Status Network::Impl::Extension::BuildSynapses() {
  uint64_t connections = 1, rows = 1;
  for (const ProjectionSpec& p : spec_.projections) {
    const Ends ends = EndsOf(p);
    connections += ExpectedConnections(p.rule, ends.shape);
    rows += ends.shape.SourceSize();
    plain_ = plain_ && FindModel(p.synapse_model)->synapse.make == nullptr;
  }
  for (size_t k = 0; k < spec_.projections.size(); ++k) {
    const ProjectionSpec& spec = spec_.projections[k];
    const std::string where = absl::StrCat("projections[", k, "]");
    const auto number = static_cast<uint32_t>(n_.projections_.size());
    const Ends ends = EndsOf(spec);
    const uint32_t sources = ends.shape.SourceSize(), targets = ends.shape.TargetSize();
    auto synapses = engine::Synapses::Build(spec, ends.shape, n_.context_.grid, n_.key_, number,
                                            BlockTargetsOf(ends.target, rows, connections), crew_,
                                            &n_.memory_, pace_);
    if (!synapses.ok()) return Within(where, synapses.status());
    while (n_.blocks_.size() < synapses->blocks()) n_.blocks_.emplace_back(&n_.memory_);
    if (synapses->size() > 0) reach_.Include(synapses->delays());
    const ModelInfo& model = *FindModel(spec.synapse_model);
    std::vector<double> parameters = SynapseParameters(spec, model);
    if (model.synapse.bounds != nullptr && std::holds_alternative<Distribution>(spec.weight)) {
      const WeightBounds bounds = model.synapse.bounds(parameters);
      for (uint32_t s = 0; s < synapses->size(); ++s) {
        const auto status = CheckWeightWithin(bounds, synapses->weight(s), "weight");
        if (!status.ok()) return Within(where, status);
        if (Spend(pace_, kCheckWork)) return Stopped();
      }
    }
    const auto* all = std::get_if<AllToAll>(&spec.rule);
    const bool dense = all != nullptr && synapses->size() == uint64_t{sources} * targets;
    n_.projections_.push_back({.info = {.name = spec.name,
                                        .synapse_model = spec.synapse_model,
                                        .source_size = sources,
                                        .target_size = targets,
                                        .synapses = synapses->size(),
                                        .rewarded = model.synapse.on_emission,
                                        .dense = dense && synapses->uniform_delay(),
                                        .recorded = spec.weights.on},
                               .source = ends.source,
                               .target = ends.target,
                               .begin = n_.now_,
                               .synapses = *std::move(synapses),
                               .model = &model,
                               .parameters = std::move(parameters),
                               .rule = nullptr,
                               .poisson = nullptr,
                               .record = nullptr,
                               .cut_after = std::pmr::vector<Step>(&n_.memory_)});
    if (spec.weights.on) {
      n_.projections_.back().record =
          std::make_unique<WeightRecord>(spec.weights, n_.now_, n_.context_.grid, &n_.memory_);
    }
    n_.projection_infos_.push_back(n_.projections_.back().info);
  }
  return absl::OkStatus();
}

Network::Impl::Extension::Ends Network::Impl::Extension::EndsOf(const ProjectionSpec& p) const {
  Ends ends = {.source = NumberOf(p.source),
               .target = NumberOf(p.target),
               .source_neurons = NeuronsOf(p.source_neurons),
               .target_neurons = NeuronsOf(p.target_neurons),
               .shape = {}};
  ends.shape =
      ShapeOf(p, n_.populations_[ends.source].info.size, n_.populations_[ends.target].info.size,
              ends.source_neurons, ends.target_neurons);
  return ends;
}

// All projections to a population divide it alike: as the first of them do.
uint32_t Network::Impl::Extension::BlockTargetsOf(uint32_t population, uint64_t rows,
                                                  uint64_t connections) {
  const RuntimePopulation& p = n_.populations_[population];
  if (p.block_targets != 0) return p.block_targets;
  const auto [division, fresh] = divisions_.try_emplace(population, Synapses::kOneBlock);
  if (fresh) {
    const uint64_t worth_while = kCellSynapses * p.info.size * rows / connections;
    // Whole ranges, by which the order of synapses goes.
    const uint64_t ranges = std::max<uint64_t>(1, worth_while / Synapses::kRangeTargets);
    division->second = static_cast<uint32_t>(
        std::min<uint64_t>(ranges * Synapses::kRangeTargets, Synapses::kOneBlock));
  }
  return division->second;
}

absl::StatusOr<ParameterColumns> Network::Impl::Extension::SampleParameters(size_t k) const {
  const PopulationSpec& spec = spec_.populations[k];
  const size_t population = populations_ + k;
  const ModelInfo& model = *n_.populations_[population].model;
  const std::string where = absl::StrCat("populations[", k, "].parameters[");
  ParameterColumns columns(&n_.memory_);
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
    const Sampler sampler(value->second, n_.key_, StreamOf(Purpose::kParameters, stream));
    const std::string field = absl::StrCat(where, std::string(info.name), "]");
    for (uint32_t index = 0; index < spec.size; ++index) {
      const auto x = sampler(index);
      if (!x.ok()) return InvalidField(field, std::string(x.status().message()));
      if (auto s = CheckParameterNumber(*x, info, n_.context_.grid, field); !s.ok()) return s;
      column[index] = *x;
      if (Spend(pace_, kSampleWork)) return Stopped();
    }
  }
  if (model.check != nullptr) {
    std::vector<double> row(columns.size());
    for (uint32_t index = 0; index < spec.size; ++index) {
      for (size_t n = 0; n < row.size(); ++n) row[n] = columns[n][index];
      if (auto s = model.check(row); !s.ok()) {
        return Within(
            absl::StrCat("populations[", k, "]"),
            InvalidField(*FieldOf(s), absl::StrCat(std::string(s.message()),
                                                   " (as drawn for number ", index, ")")));
      }
    }
  }
  return columns;
}

absl::Status Network::Impl::Extension::BuildPopulations() {
  for (size_t k = 0; k < spec_.populations.size(); ++k) {
    const PopulationSpec& spec = spec_.populations[k];
    RuntimePopulation& p = n_.populations_[populations_ + k];
    if (spec.record_spikes) {
      p.recorder = std::make_unique<SpikeRecorder>(spec.record_limit, spec.size, &n_.memory_);
      p.record_window = WindowOf(spec.record_window, n_.context_.grid);
    }
    auto columns = SampleParameters(k);
    if (!columns.ok()) return columns.status();
    p.parameters = *std::move(columns);
    if (p.model->neuron == nullptr) BuildDevices(populations_ + k);
  }
  return absl::OkStatus();
}

void Network::Impl::Extension::BuildDevices(size_t population) {
  RuntimePopulation& p = n_.populations_[population];
  const int number = static_cast<int>(population);
  if (p.model->receives_spikes) {
    p.arrivals = std::make_unique<CountRing>(p.info.size, horizon(), &n_.memory_);
  }
  if (p.model->repeats_spikes) numbers_.Add(&n_.relays_, number);
  if (p.model->mirrors) numbers_.Add(&n_.mirrors_, number);
  if (p.model->input == Input::kSpikeTrains) {
    p.schedule = std::make_unique<SpikeSchedule>(&n_.memory_);
    p.schedule->windows = WindowsOf(p.parameters, n_.context_.grid, &n_.memory_);
    numbers_.Add(&n_.generators_, number);
  }
  if (p.model->kind == ModelKind::kVolumeTransmitter) {
    n_.transmitters_.push_back({.population = static_cast<uint32_t>(population),
                                .deliver_interval = static_cast<Step>(p.parameters[0][0]),
                                .pending = std::pmr::vector<DopamineSpike>(&n_.memory_),
                                .projections = {}});
  }
  if (p.model->make_currents != nullptr) {
    p.currents = p.model->make_currents({.devices = p.info.size,
                                         .parameters = &p.parameters,
                                         .grid = n_.context_.grid,
                                         .begin = n_.now_,
                                         .key = n_.device_key_,
                                         .memory = &n_.memory_});
  }
}

// New neurons of equal constants share a group; a population whose neurons
// differ has one of its own.
bool Network::Impl::Extension::BuildGroups() {
  struct Plan {
    const NeuronModel* model;
    std::vector<NeuronGroup::Constants> constants;
    std::pmr::vector<NeuronGroup::Neuron> neurons;
  };
  std::pmr::vector<Plan> plans(&n_.memory_);
  // Of neurons of equal constants, by model and constants.
  using Constants = std::pair<const NeuronModel*, NeuronGroup::Constants>;
  std::unordered_map<Constants, size_t, absl::Hash<Constants>> uniform_plans;
  for (size_t k = populations_; k < n_.populations_.size(); ++k) {
    RuntimePopulation& p = n_.populations_[k];
    const NeuronModel* model = p.model->neuron;
    if (model == nullptr) continue;
    std::vector<NeuronGroup::Constants> constants = n_.ConstantsOf(*p.model, p.parameters);
    std::pmr::vector<NeuronGroup::Neuron> neurons(p.info.size, &n_.memory_);
    std::vector<double> row(p.parameters.size());
    for (uint32_t index = 0; index < p.info.size; ++index) {
      for (size_t n = 0; n < row.size(); ++n) row[n] = p.parameters[n][index];
      model->begin(row, std::span(neurons[index].states));
      neurons[index].constant_current = row[model->constant_current];
      if (Spend(pace_, kDeriveWork)) return false;
    }
    const bool uniform = constants.size() == 1;
    size_t plan = plans.size();
    if (uniform) plan = uniform_plans.try_emplace({model, constants.front()}, plan).first->second;
    if (plan == plans.size()) {
      plans.push_back({.model = model,
                       .constants = std::move(constants),
                       .neurons = std::pmr::vector<NeuronGroup::Neuron>(&n_.memory_)});
      n_.groups_.emplace_back(&n_.memory_);
    }
    RuntimeGroup& group = n_.groups_[groups_ + plan];
    p.group = static_cast<int>(groups_ + plan);
    p.first_lane = static_cast<uint32_t>(plans[plan].neurons.size());
    plans[plan].neurons.insert(plans[plan].neurons.end(), neurons.begin(), neurons.end());
    for (uint32_t index = 0; index < p.info.size; ++index) {
      group.population_of.push_back(static_cast<uint32_t>(k));
      group.index_of.push_back(index);
    }
  }
  for (size_t k = 0; k < plans.size(); ++k) {
    RuntimeGroup& group = n_.groups_[groups_ + k];
    group.neurons = std::make_unique<NeuronGroup>(*plans[k].model, plans[k].constants,
                                                  plans[k].neurons, horizon(), &n_.memory_);
    group.fired.resize((group.neurons->lanes() - 1) / kBlockLanes + 1);
  }
  return true;
}

bool Network::Impl::Extension::BuildRules() {
  for (size_t k = projections_; k < n_.projections_.size(); ++k) {
    RuntimeProjection& p = n_.projections_[k];
    RuntimePopulation& source = n_.populations_[p.source];
    RuntimePopulation& target = n_.populations_[p.target];
    const int number = static_cast<int>(k);
    if (source.model->emission == Emission::kPoissonSpikes) {
      numbers_.Add(&n_.poisson_projections_, number);
      const DelayRange& delays = p.synapses.delays();
      p.late = delays.shortest == delays.longest && delays.shortest > horizon();
      p.drawn = n_.now_;
      p.poisson = std::make_unique<PoissonInput>(
          source.parameters[0], WindowsOf(source.parameters, n_.context_.grid, &n_.memory_),
          p.synapses, static_cast<uint32_t>(k), n_.context_.grid,
          p.late ? PoissonInput::kLateSlice : reach_.slice(),
          p.late ? n_.now_ : slice_end() - reach_.slice(), n_.now_, n_.device_key_, &n_.memory_);
      continue;
    }
    if (source.model->emission == Emission::kCurrents) continue;
    numbers_.Add(&source.outgoing, number);
    const SynapseModel& model = p.model->synapse;
    if (model.make == nullptr) continue;
    if (model.on_emission) {
      numbers_.Add(&n_.watching_projections_, number);
      numbers_.Add(&source.watched_as_source, number);
      numbers_.Add(&target.watched_as_target, number);
    }
    PostHistory* history = model.reads_history ? HistoryOf(p.target) : nullptr;
    Transmitter* transmitter = nullptr;
    if (model.needs_transmitter) {
      const uint32_t population = NumberOf(spec_.projections[k - projections_].volume_transmitter);
      transmitter =
          &*std::ranges::lower_bound(n_.transmitters_, population, {}, &Transmitter::population);
      numbers_.Add(&transmitter->projections, number);
      const Step slice = std::max(n_.slice_, reach_.slice());
      windows_.emplace_back(
          p.target, p.synapses.delays().longest + slice * (transmitter->deliver_interval + 1));
    }
    p.rule = model.make({.parameters = p.parameters,
                         .grid = n_.context_.grid,
                         .begin = n_.now_,
                         .synapses = &p.synapses,
                         .targets = target.info.size,
                         .history = history,
                         .dopamine = transmitter != nullptr ? &transmitter->pending : nullptr,
                         .memory = &n_.memory_});
    if (!p.rule->Build(pace_)) return false;
    if (history != nullptr) numbers_.Add(&target.history_readers, number);
  }
  return true;
}

std::unique_ptr<PostHistory> Network::Impl::NewHistory(const RuntimePopulation& population) {
  const auto& tau_minus = population.parameters[population.model->IndexOf("tau_minus")];
  return std::make_unique<PostHistory>(context_.grid, tau_minus, &memory_);
}

// The history of a population, which begins when a first rule reads it.
PostHistory* Network::Impl::Extension::HistoryOf(uint32_t population) {
  RuntimePopulation& p = n_.populations_[population];
  if (p.history != nullptr) return p.history.get();
  std::unique_ptr<PostHistory>& history = histories_[population];
  if (history == nullptr) {
    history = n_.NewHistory(p);
    numbers_.Add(&n_.plastic_populations_, static_cast<int>(population));
  }
  return history.get();
}

void Network::Impl::Extension::BuildMultimeters() {
  for (const MultimeterSpec& spec : spec_.multimeters) {
    const uint32_t population = NumberOf(spec.population);
    const RuntimePopulation& p = n_.populations_[population];
    const ActivityWindow window = WindowOf(spec.record_window, n_.context_.grid);
    std::vector<uint32_t> neurons = NeuronsOf(spec.neurons);
    const auto size = neurons.empty() ? p.info.size : static_cast<uint32_t>(neurons.size());
    RuntimeMultimeter m = {.info = {.name = spec.name,
                                    .variables = spec.variables,
                                    .neurons = size,
                                    .interval = *n_.context_.grid.ToSteps(spec.interval_ms),
                                    .begin = std::max(n_.now_, window.start),
                                    .record_limit = spec.record_limit},
                           .population = population,
                           .neurons = std::move(neurons),
                           .variables = {},
                           .samples = std::make_unique<Series<double>>(
                               spec.record_limit, spec.variables.size() * size, &n_.memory_),
                           .window = window};
    for (const std::string& variable : spec.variables) {
      m.variables.push_back(p.model->IndexOfRecordable(variable));
    }
    numbers_.Add(&n_.groups_[p.group].multimeters, static_cast<int>(n_.multimeters_.size()));
    n_.multimeter_infos_.push_back(m.info);
    n_.multimeters_.push_back(std::move(m));
  }
}

void Network::Impl::Extension::Lengthen() {
  if (std::bit_ceil(static_cast<uint64_t>(horizon())) ==
      std::bit_ceil(static_cast<uint64_t>(n_.horizon_))) {
    return;
  }
  for (uint32_t k = 0; k < populations_; ++k) {
    const RuntimePopulation& p = n_.populations_[k];
    if (p.arrivals == nullptr) continue;
    arrivals_.emplace_back(
        k, std::make_unique<CountRing>(*p.arrivals, horizon(), n_.now_, &n_.memory_));
  }
  for (size_t k = 0; k < groups_; ++k) {
    const NeuronGroup& neurons = *n_.groups_[k].neurons;
    std::vector<uint32_t> lanes(neurons.lanes());
    std::iota(lanes.begin(), lanes.end(), 0);
    neurons_.emplace_back(k, std::make_unique<NeuronGroup>(neurons, lanes, neurons.constants(),
                                                           horizon(), n_.now_, &n_.memory_));
  }
}

void Network::Impl::Extension::DrawUntilNow() {
  for (const int k : n_.poisson_projections_) {
    const RuntimeProjection& p = n_.projections_[k];
    if (p.late) continue;
    poisson_.emplace_back(k, p.poisson->SpikesUntil(n_.slice_begin_, n_.now_));
  }
}

void Network::Impl::Extension::MakeRoom() {
  numbers_.MakeRoom();
  MakeRoomIn(&n_.additions_, 1);
  MakeRoomIn(&n_.spec_.populations, given_.populations.size());
  MakeRoomIn(&n_.spec_.projections, given_.projections.size());
  MakeRoomIn(&n_.spec_.multimeters, given_.multimeters.size());
  for (size_t k = projections_; k < n_.projections_.size(); ++k) {
    const RuntimeProjection& p = n_.projections_[k];
    if (n_.populations_[p.source].model->emission != Emission::kCurrents) continue;
    RuntimeGroup& group = n_.groups_[n_.populations_[p.target].group];
    MakeRoomIn(&group.current_projections, n_.projections_.size() - projections_);
    group.device_currents.reserve(group.neurons->lanes());
  }
}

void Network::Impl::Extension::Join() {
  joined_ = true;
  numbers_.Append();
  std::ranges::move(given_.populations, std::back_inserter(n_.spec_.populations));
  std::ranges::move(given_.projections, std::back_inserter(n_.spec_.projections));
  std::ranges::move(given_.multimeters, std::back_inserter(n_.spec_.multimeters));
  n_.additions_.push_back({.at = n_.now_,
                           .populations = n_.spec_.populations.size(),
                           .projections = n_.spec_.projections.size(),
                           .multimeters = n_.spec_.multimeters.size(),
                           .reset = std::nullopt});
  for (const int k : n_.plastic_populations_) {
    if (auto& history = n_.populations_[k].history; history != nullptr) history->NeedsChange();
  }
  for (const auto& [population, targets] : divisions_) {
    n_.populations_[population].block_targets = targets;
  }
  for (auto& [population, history] : histories_) {
    n_.populations_[population].history = std::move(history);
  }
  for (const auto& [population, window] : windows_) {
    Step& present = n_.populations_[population].recent_window;
    present = std::max(present, window);
  }
  for (auto& [population, ring] : arrivals_) n_.populations_[population].arrivals = std::move(ring);
  for (auto& [group, neurons] : neurons_) {
    n_.groups_[group].neurons = std::move(neurons);
    n_.groups_[group].currents_change = n_.now_;
  }
  for (size_t k = groups_; k < n_.groups_.size(); ++k) n_.groups_[k].currents_change = n_.now_;
  JoinCurrents();

  n_.plain_ = n_.plain_ && plain_;
  n_.horizon_ = horizon();
  const bool late = std::any_of(n_.projections_.begin() + static_cast<ptrdiff_t>(projections_),
                                n_.projections_.end(), [](const auto& p) { return p.late; });
  if (late && n_.late_horizon_ == 0) n_.late_horizon_ = n_.horizon_;
  n_.slice_end_ = slice_end();
  n_.slice_ = reach_.slice();
  n_.reach_ = reach_;
  for (auto& [number, spikes] : poisson_) {
    n_.projections_[number].poisson->SetSlice(n_.slice_, n_.slice_end_ - n_.slice_, n_.now_,
                                              std::move(spikes));
  }
  if (n_.projections_.size() > projections_) n_.extended_ = n_.now_;
}

// Currents are summed in the order of the devices, and of their projections.
void Network::Impl::Extension::JoinCurrents() {
  for (size_t k = projections_; k < n_.projections_.size(); ++k) {
    const RuntimeProjection& p = n_.projections_[k];
    if (n_.populations_[p.source].model->emission != Emission::kCurrents) continue;
    RuntimeGroup& group = n_.groups_[n_.populations_[p.target].group];
    const auto place =
        std::ranges::upper_bound(group.current_projections, p.source, {},
                                 [this](int number) { return n_.projections_[number].source; });
    group.current_projections.insert(place, static_cast<int>(k));
    group.device_currents.resize(group.neurons->lanes());
    group.currents_change = n_.now_;
  }
}

void Network::Impl::Extension::TakeOff() {
  ForgetNames(spec_.populations, &n_.population_numbers_);
  ForgetNames(spec_.projections, &n_.projection_numbers_);
  ForgetNames(spec_.multimeters, &n_.multimeter_numbers_);
  Shorten(&n_.population_infos_, populations_);
  Shorten(&n_.projection_infos_, projections_);
  Shorten(&n_.multimeter_infos_, multimeters_);
  Shorten(&n_.multimeters_, multimeters_);
  Shorten(&n_.projections_, projections_);
  Shorten(&n_.transmitters_, transmitters_);
  Shorten(&n_.groups_, groups_);
  Shorten(&n_.populations_, populations_);
  Shorten(&n_.blocks_, blocks_);
}

}  // namespace spiked::engine
