// Forgetting all activity: what holds any is made anew from parameters, synapses
// and weights, which stay. All is made before the first of it is exchanged, so
// that want of memory leaves the network as it was.
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "server/engine/connect.h"
#include "server/engine/error.h"
#include "server/engine/pace.h"
#include "server/engine/runtime.h"

namespace spiked::engine {

class Network::Impl::Renewal {
 public:
  Renewal(Impl* network, Step begin)
      : n_(*network),
        begin_(begin),
        // Not what was drawn before, unless it begins as it did.
        key_(begin == n_.context_.begin || begin == 0
                 ? n_.key_
                 : DeriveKey(n_.key_, StreamOf(Purpose::kKeys, 1), static_cast<uint64_t>(begin))) {}

  absl::Status Make(bool initial_weights, Crew* crew, Pace* pace) {
    const NetworkSpec spec = ResolveSpec(n_.spec_);
    if (initial_weights) {
      if (auto s = MakeSynapses(spec, crew, pace); !s.ok()) return s;
    }
    for (size_t k = 0; k < n_.populations_.size(); ++k) MakePopulation(spec.populations[k], k);
    for (const RuntimeGroup& group : n_.groups_) MakeGroup(group);
    for (size_t k = 0; k < n_.projections_.size(); ++k) {
      if (!MakeProjection(k, pace)) return Stopped();
    }
    for (const RuntimeMultimeter& m : n_.multimeters_) {
      samples_.push_back(std::make_unique<Series<double>>(
          m.info.record_limit, m.variables.size() * m.info.neurons, &n_.memory_));
    }
    return absl::OkStatus();
  }

  void Exchange() {
    for (size_t k = 0; k < synapses_.size(); ++k) {
      n_.projections_[k].synapses = std::move(synapses_[k]);
    }
    for (size_t k = 0; k < n_.populations_.size(); ++k) {
      RuntimePopulation& p = n_.populations_[k];
      p.recorder = std::move(recorders_[k]);
      p.arrivals = std::move(arrivals_[k]);
      p.currents = std::move(currents_[k]);
      p.history = std::move(histories_[k]);
      if (p.schedule == nullptr) continue;
      p.schedule->spikes.clear();
      p.schedule->next = 0;
    }
    for (size_t k = 0; k < n_.groups_.size(); ++k) {
      n_.groups_[k].neurons = std::move(neurons_[k]);
      n_.groups_[k].currents_change = begin_;
    }
    for (size_t k = 0; k < n_.projections_.size(); ++k) {
      n_.projections_[k].rule = std::move(rules_[k]);
      n_.projections_[k].poisson = std::move(poisson_[k]);
      n_.projections_[k].begin = n_.projections_[k].drawn = begin_;
      n_.projections_[k].record = std::move(records_[k]);
      for (Step& cut : n_.projections_[k].cut_after) {
        if (cut != kNever) cut = begin_;
      }
    }
    for (size_t k = 0; k < n_.multimeters_.size(); ++k) {
      n_.multimeters_[k].samples = std::move(samples_[k]);
    }
    for (Transmitter& transmitter : n_.transmitters_) transmitter.pending.clear();
    for (Block& block : n_.blocks_) {
      block.deferred.clear();
      block.noted.clear();
      block.deferrals = 0;
    }
    n_.spikes_.clear();
    n_.handing_out_ = false;
    n_.between_ = {};
    n_.diverged_.reset();
    n_.device_key_ = key_;
    n_.context_.begin = std::min(n_.context_.begin, begin_);
    n_.extended_ = n_.now_ = n_.slice_begin_ = begin_;
    n_.slice_end_ = begin_ + n_.slice_;
    n_.slices_ = 0;
    for (Addition& addition : n_.additions_) addition.reset.reset();
    n_.additions_.back().reset = begin_;
  }

 private:
  absl::Status MakeSynapses(const NetworkSpec& spec, Crew* crew, Pace* pace) {
    for (size_t k = 0; k < n_.projections_.size(); ++k) {
      const RuntimeProjection& p = n_.projections_[k];
      const ProjectionSpec& s = spec.projections[k];
      const std::vector<uint32_t> sources = NeuronsOf(s.source_neurons);
      const std::vector<uint32_t> targets = NeuronsOf(s.target_neurons);
      const RuntimePopulation& target = n_.populations_[p.target];
      auto synapses = engine::Synapses::Build(
          s, ShapeOf(s, n_.populations_[p.source].info.size, target.info.size, sources, targets),
          n_.context_.grid, n_.key_, static_cast<uint32_t>(k), target.block_targets, crew,
          &n_.memory_, pace);
      if (!synapses.ok()) return synapses.status();
      // As rules expect them.
      if (p.rule != nullptr && !synapses->SpreadWeight(pace)) return Stopped();
      synapses_.push_back(*std::move(synapses));
    }
    return absl::OkStatus();
  }

  void MakePopulation(const PopulationSpec& spec, size_t k) {
    const RuntimePopulation& p = n_.populations_[k];
    recorders_.push_back(p.recorder == nullptr ? nullptr
                                               : std::make_unique<SpikeRecorder>(
                                                     spec.record_limit, p.info.size, &n_.memory_));
    arrivals_.push_back(p.arrivals == nullptr
                            ? nullptr
                            : std::make_unique<CountRing>(p.info.size, n_.horizon_, &n_.memory_));
    currents_.push_back(p.currents == nullptr ? nullptr
                                              : p.model->make_currents({.devices = p.info.size,
                                                                        .parameters = &p.parameters,
                                                                        .grid = n_.context_.grid,
                                                                        .begin = begin_,
                                                                        .key = key_,
                                                                        .memory = &n_.memory_}));
    histories_.push_back(p.history == nullptr ? nullptr : n_.NewHistory(p));
  }

  void MakeGroup(const RuntimeGroup& group) {
    std::vector<NeuronGroup::Neuron> neurons(group.neurons->lanes());
    std::vector<double> row;
    for (size_t lane = 0; lane < neurons.size(); ++lane) {
      const RuntimePopulation& p = n_.populations_[group.population_of[lane]];
      row.clear();
      for (const auto& column : p.parameters) row.push_back(column[group.index_of[lane]]);
      p.model->neuron->begin(row, std::span(neurons[lane].states));
      neurons[lane].constant_current = row[p.model->neuron->constant_current];
    }
    const NeuronModel& model = *n_.populations_[group.population_of[0]].model->neuron;
    neurons_.push_back(std::make_unique<NeuronGroup>(model, group.neurons->constants(), neurons,
                                                     n_.horizon_, &n_.memory_));
  }

  // False if stopped.
  bool MakeProjection(size_t k, Pace* pace) {
    RuntimeProjection& p = n_.projections_[k];
    rules_.push_back(nullptr);
    poisson_.push_back(nullptr);
    records_.push_back(p.record == nullptr
                           ? nullptr
                           : std::make_unique<WeightRecord>(n_.spec_.projections[k].weights, begin_,
                                                            n_.context_.grid, &n_.memory_));
    if (p.poisson != nullptr) {
      const ParameterColumns& parameters = n_.populations_[p.source].parameters;
      poisson_.back() = std::make_unique<PoissonInput>(
          parameters[0], WindowsOf(parameters, n_.context_.grid, &n_.memory_), p.synapses,
          static_cast<uint32_t>(k), n_.context_.grid, p.late ? PoissonInput::kLateSlice : n_.slice_,
          begin_, begin_, key_, &n_.memory_);
    }
    if (p.rule == nullptr) return true;
    const SynapseModel& model = p.model->synapse;
    PostHistory* history = model.reads_history ? histories_[p.target].get() : nullptr;
    rules_.back() = model.make({.parameters = p.parameters,
                                .grid = n_.context_.grid,
                                .begin = begin_,
                                .synapses = &p.synapses,
                                .targets = n_.populations_[p.target].info.size,
                                .history = history,
                                .dopamine = PendingOf(k),
                                .memory = &n_.memory_});
    return rules_.back()->Build(pace);
  }

  // What its transmitter has pending, if it has one.
  const std::pmr::vector<DopamineSpike>* PendingOf(size_t projection) const {
    for (const Transmitter& transmitter : n_.transmitters_) {
      for (const int k : transmitter.projections) {
        if (static_cast<size_t>(k) == projection) return &transmitter.pending;
      }
    }
    return nullptr;
  }

  Impl& n_;
  const Step begin_;
  const RandomKey key_;
  std::vector<engine::Synapses> synapses_;  // none: they stay
  std::vector<std::unique_ptr<SpikeRecorder>> recorders_;
  std::vector<std::unique_ptr<CountRing>> arrivals_;
  std::vector<std::unique_ptr<CurrentDevices>> currents_;
  std::vector<std::unique_ptr<PostHistory>> histories_;
  std::vector<std::unique_ptr<NeuronGroup>> neurons_;
  std::vector<std::unique_ptr<SynapseRule>> rules_;
  std::vector<std::unique_ptr<PoissonInput>> poisson_;
  std::vector<std::unique_ptr<WeightRecord>> records_;
  std::vector<std::unique_ptr<Series<double>>> samples_;
};

absl::Status Network::Reset(std::span<const std::unique_ptr<Network>> networks, Step begin,
                            bool initial_weights, Crew* crew, Pace* pace) {
  std::deque<Impl::Renewal> renewals;
  for (const auto& network : networks) {
    Impl::Renewal& renewal = renewals.emplace_back(network->impl_.get(), begin);
    if (auto s = renewal.Make(initial_weights, crew, pace); !s.ok()) return s;
  }
  for (Impl::Renewal& renewal : renewals) renewal.Exchange();
  return absl::OkStatus();
}

}  // namespace spiked::engine
