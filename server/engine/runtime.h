// The moving parts of a running network, private to it.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "server/engine/activity_window.h"
#include "server/engine/count_ring.h"
#include "server/engine/crew.h"
#include "server/engine/current_devices.h"
#include "server/engine/memory.h"
#include "server/engine/model.h"
#include "server/engine/names.h"
#include "server/engine/network.h"
#include "server/engine/neuron_group.h"
#include "server/engine/poisson_input.h"
#include "server/engine/post_history.h"
#include "server/engine/reach.h"
#include "server/engine/recorders.h"
#include "server/engine/spike.h"
#include "server/engine/synapse_rule.h"
#include "server/engine/synapses.h"
#include "server/engine/weight_record.h"

namespace spiked::engine {

// The spikes that a population of spike_generators has yet to emit.
struct SpikeSchedule {
  explicit SpikeSchedule(Memory memory) : windows(memory), spikes(memory) {}
  ActivityWindows windows;         // for each generator
  std::pmr::vector<Spike> spikes;  // by stamp, then sender
  size_t next = 0;
  static void Members(auto& s, auto&& visit) { visit(Fixed(s.windows), s.spikes, s.next); }
};

// Neurons of one group, on the grid of their current inputs.
struct RuntimeGroup {
  explicit RuntimeGroup(Memory memory)
      : population_of(memory), index_of(memory), device_currents(memory), fired(memory) {}
  std::unique_ptr<NeuronGroup> neurons;
  std::pmr::vector<uint32_t> population_of, index_of;     // of each lane
  std::vector<int> current_projections;                   // into it, in order of the devices
  std::pmr::vector<double> device_currents;               // scratch: sums for each lane
  Step currents_change = 0;                               // when to work them out next
  std::vector<int> multimeters;                           // that record from it
  std::pmr::vector<std::pmr::vector<NeuronSpike>> fired;  // scratch, for each block of lanes
};

struct RuntimePopulation {
  explicit RuntimePopulation(Memory memory) : parameters(memory) {}
  Network::PopulationInfo info;
  const ModelInfo* model = nullptr;

  // Neurons with dynamics: lanes from first_lane on.
  int group = -1;
  uint32_t first_lane = 0;
  std::unique_ptr<PostHistory> history;  // if plastic synapses lead here
  std::vector<int> history_readers;      // projections whose rules read it
  Step recent_window = 0;                // how far back its recent spikes matter

  std::unique_ptr<CountRing> arrivals;       // of what receives spikes and counts them
  std::unique_ptr<SpikeSchedule> schedule;   // of what is given spike trains
  std::unique_ptr<CurrentDevices> currents;  // of what emits currents
  ParameterColumns parameters;               // as last set
  bool parameters_changed = false;           // else they follow from the specification

  // How all projections onto it divide it (see synapses.h); 0: there are none.
  uint32_t block_targets = 0;

  std::unique_ptr<SpikeRecorder> recorder;
  ActivityWindow record_window;
  std::vector<int> outgoing;  // projections, in order of creation
  // What a mirror repeats, which may be no more.
  struct Mirrored {
    uint64_t network;  // its number
    uint32_t population;
    static void Members(auto& m, auto&& visit) { visit(m.network, m.population); }
  };
  std::optional<Mirrored> mirrored;
  // Projections from and to it whose rules act when a neuron has fired.
  std::vector<int> watched_as_source, watched_as_target;

  static void Members(auto& p, auto&& visit) {
    visit(p.history, p.arrivals, p.schedule, p.currents, p.recorder, p.mirrored);
  }
};

struct RuntimeProjection {
  Network::ProjectionInfo info;
  uint32_t source, target;  // populations
  Step begin;               // it transmits what was emitted later than this
  Synapses synapses;
  const ModelInfo* model = nullptr;
  std::vector<double> parameters;         // in the order of the model's table
  bool parameters_changed = false;        // else they follow from the specification
  std::unique_ptr<SynapseRule> rule;      // unless the synapses are static
  std::unique_ptr<PoissonInput> poisson;  // whose source emits Poisson spikes
  // Poisson spikes that all take so long that they would only wait if they were
  // drawn when they are emitted: they are drawn when they come within reach, and
  // have been up to some time.
  bool late = false;
  Step drawn = 0;
  std::unique_ptr<WeightRecord> record;  // of what is transmitted
  // Of each synapse, after when what is emitted is not transmitted any more; none as
  // long as no connection has been cut.
  std::pmr::vector<Step> cut_after;

  // Whether transmitting takes a look at each single synapse.
  bool selective() const { return record != nullptr || !cut_after.empty(); }
  bool IsCut(uint32_t synapse, Step stamp) const {
    return !cut_after.empty() && cut_after[synapse] < stamp;
  }

  // What is transmitted changes with every spike, so that what is under way has
  // to take its weight along.
  bool plastic() const { return model->synapse.on_arrival; }

  static void Members(auto& p, auto&& visit) {
    visit(p.synapses, p.rule, p.poisson, p.drawn, p.record, p.cut_after);
  }
};

struct Transmitter {
  uint32_t population;
  Step deliver_interval;                    // slices
  std::pmr::vector<DopamineSpike> pending;  // since the last delivery
  std::vector<int> projections;             // of rules that it delivers to

  static void Members(auto& t, auto&& visit) { visit(t.pending); }
};

struct RuntimeMultimeter {
  Network::MultimeterInfo info;
  uint32_t population;
  std::vector<uint32_t> neurons;            // which ones; empty: all
  std::vector<size_t> variables;            // recordables of the model
  std::unique_ptr<Series<double>> samples;  // a record: [variable][neuron]
  ActivityWindow window;

  static void Members(auto& m, auto&& visit) { visit(m.samples); }
};

// A spike on connections so slow that the rings do not reach that far. Ordered
// by arrival, then as spikes are handed out, then by connection.
struct Deferred {
  Step arrival;
  uint64_t order;                   // in which it was handed out
  uint32_t projection, begin, end;  // synapses
  uint64_t multiplicity;
  bool weighted;  // a single synapse that takes its weight along
  double weight;
  static void Members(auto& d, auto&& visit) {
    visit(d.arrival, d.order, d.projection, d.begin, d.end, d.multiplicity, d.weighted, d.weight);
  }

  // For a heap with the earliest on top.
  bool operator<(const Deferred& other) const {
    return std::tie(arrival, order, begin) > std::tie(other.arrival, other.order, other.begin);
  }
};

// How far a spike has been handed out to a block, in the midst of it.
struct HandOutPlace {
  uint64_t spike = 0;       // of those of the slice
  uint64_t time = 0;        // of those that a relay's multiplicity stands for
  uint32_t outgoing = 0;    // of the sender's projections
  uint32_t synapses = 0;    // of the cell
  uint64_t repetition = 0;  // as `time`, at a plastic synapse
  static void Members(auto& p, auto&& visit) {
    visit(p.spike, p.time, p.outgoing, p.synapses, p.repetition);
  }
};

// How far a network has come with what a slice ends with.
struct Between {
  enum Stage : uint8_t { kNothing, kDelivering, kReleasing, kDrawing, kTidying };
  Stage stage = kNothing;
  bool begun = false;   // the delivery to a rule, or the drawing for a projection
  uint32_t part = 0;    // transmitter, Poisson projection or watching projection
  uint32_t rule = 0;    // of the transmitter's
  uint64_t events = 0;  // of those that the Poisson projection carries
  static void Members(auto& b, auto&& visit) { visit(b.stage, b.begun, b.part, b.rule, b.events); }
};

// What has been transmitted of a projection that is recorded.
struct NotedWeight {
  uint32_t projection;
  Step stamp;
  TransmittedWeight weight;
  static void Members(auto& n, auto&& visit) { visit(n.projection, n.stamp, n.weight); }
  auto Order() const { return std::tuple(projection, stamp, weight.synapse); }
};

// What belongs to one block of the targets of each population (see synapses.h):
// no two blocks touch the same memory, so that threads can share them out.
struct Block {
  explicit Block(Memory memory) : deferred(memory), noted(memory) {}
  std::pmr::vector<Deferred> deferred;  // a heap
  uint64_t deferrals = 0;               // so far
  static void Members(auto& b, auto&& visit) {
    visit(b.deferred, b.deferrals, b.place, b.delivery, b.noted);
  }
  HandOutPlace place;      // while spikes are handed out
  DeliveryPlace delivery;  // while dopamine is delivered
  // No state: spikes that synapses have transmitted, for TakeActivity.
  uint64_t transmitted = 0;
  // While spikes are handed out, for the records.
  std::pmr::vector<NotedWeight> noted;
};

class Network::Impl {
 public:
  Impl(std::string name, const NetworkContext& context);

  // Adds parts that have been checked; see build.cc. A crew shares the work on
  // the synapses. What fails or throws leaves everything as it was.
  absl::Status Extend(const NetworkSpec& additions, Crew* crew, Pace* pace);
  // What plastic synapses onto a population know of its spikes: none so far.
  std::unique_ptr<PostHistory> NewHistory(const RuntimePopulation& population);

  // For Network::Advance: who works, and who says when to stop.
  void Begin(Crew* crew, Pace* pace);
  // Do what is left to do between two spans of time; false if stopped.
  bool FinishSlice();
  bool HandOutSpikes();
  // How far time can pass in one go, and to let it; returns the work.
  Step Reachable() const;
  uint64_t Pass(Step to);
  // Adds what those that are mirrored have emitted in that time, each in its network.
  void Mirror(std::span<const std::unique_ptr<Network>> networks);
  // Lets records and traces take note of what has been emitted in that time.
  bool HasEmitted() const { return spikes_.size() != emitted_begin_; }
  void NoteEmitted();
  // OUT_OF_RANGE once a neuron has left the finite numbers.
  absl::Status status() const;

  Activity TakeActivity();
  NetworkSize Size() const;

  // save.cc
  void Save(StateWriter& write) const;
  // Into a network that has been built in the same way.
  void Restore(StateReader& read);

  // INVALID_ARGUMENT unless the population takes such an input.
  absl::Status CheckInput(int population, Input input) const;
  // parameters.cc
  void ParametersChanged(int population);
  void SetNeuronParameters(int population, ParameterColumns values);
  std::vector<NeuronGroup::Constants> ConstantsOf(const ModelInfo& model,
                                                  const ParameterColumns& parameters) const;
  void Regroup(int population, std::span<const NeuronGroup::Constants> constants);

  class Renewal;  // reset.cc

  // The checks of Network's inputs.
  absl::Status CheckSpikeTrains(int population, std::span<const uint32_t> senders,
                                std::span<const Step> stamps,
                                std::span<const uint32_t> multiplicities) const;
  absl::Status CheckCurrentSteps(int population, std::span<const uint32_t> senders,
                                 std::span<const Step> times,
                                 std::span<const double> amplitudes_pa) const;
  absl::Status CheckReward(int projection, double reward) const;
  absl::Status CheckWeights(int projection, std::span<const double> weights) const;
  void WeightsChanged(int projection);
  absl::Status CheckConnections(int projection, std::span<const uint64_t> connections) const;
  // The currents of a population may differ from what was worked out.
  void CurrentsChanged(int population);
  // Draws what a projection that is late has emitted up to now.
  void CatchUp(uint32_t projection);
  // Gives what is still under way on a projection the weights of now.
  void FreezeUnderWay(uint32_t projection);

  CountedMemory memory_;  // of all that follows

  // State, shared by build.cc (which makes it), advance.cc (which runs it) and
  // network.cc (which lets users in).
  std::string name_;
  NetworkSpec spec_;  // as it was given: what is left out takes no memory
  // How it came to be what it is: when it was extended, how far the lists of spec_
  // went then, and whether its activity was forgotten after that, at last at some
  // time.
  struct Addition {
    Step at;
    uint64_t populations, projections, multimeters;
    std::optional<Step> reset;
    static void Members(auto& a, auto&& visit) {
      visit(a.at, a.populations, a.projections, a.multimeters, a.reset);
    }
  };
  std::vector<Addition> additions_;
  NetworkContext context_;
  RandomKey key_;
  RandomKey device_key_;  // of what devices draw
  // Numbers by name.
  ByName<int> population_numbers_, projection_numbers_, multimeter_numbers_;
  std::vector<PopulationInfo> population_infos_;
  std::vector<ProjectionInfo> projection_infos_;
  std::vector<MultimeterInfo> multimeter_infos_;

  std::pmr::vector<RuntimePopulation> populations_;
  std::pmr::vector<RuntimeGroup> groups_;
  // Rules refer to these, which stay where they are when there come more.
  std::pmr::deque<RuntimeProjection> projections_;
  std::vector<RuntimeMultimeter> multimeters_;
  std::deque<Transmitter> transmitters_;            // in the order of their populations
  std::vector<int> generators_, relays_, mirrors_;  // populations
  std::vector<int> poisson_projections_, watching_projections_;
  std::vector<int> plastic_populations_;  // with a history

  Reach reach_;   // of all projections
  Step slice_;    // dmin
  Step horizon_;  // how far ahead of the present the rings reach
  // The same when the first projection that is late came, 0 before: the time at
  // which these are drawn tells in which order they are summed.
  Step late_horizon_ = 0;
  bool plain_ = true;  // there is no rule
  Step extended_;      // when the last projections came
  Step now_;
  Step slice_begin_, slice_end_;    // of the present slice
  int64_t slices_ = 0;              // that have ended
  std::pmr::vector<Spike> spikes_;  // emitted and not yet handed out
  bool handing_out_ = false;        // they are sorted, and blocks have their places
  Between between_;
  std::pmr::vector<Block> blocks_;  // as many as the largest population has
  // A neuron that has left the finite numbers; nothing goes on from there.
  struct Diverged {
    uint32_t population, neuron;
    static void Members(auto& d, auto&& visit) { visit(d.population, d.neuron); }
  };
  std::optional<Diverged> diverged_;

 private:
  static void Members(auto& s, auto&& visit) {
    visit(s.now_, s.slice_begin_, s.slice_end_, s.slices_, s.spikes_, s.handing_out_, s.between_,
          s.diverged_, Fixed(s.blocks_), Fixed(s.populations_), Fixed(s.projections_),
          Fixed(s.multimeters_), Fixed(s.transmitters_));
  }
  void RestoreParameters(StateReader& read);
  bool PlacesExist() const;

  // While time passes.
  Crew* crew_ = nullptr;
  Pace* pace_ = nullptr;
  uint64_t quota_ = 0;          // of a block in a round
  uint32_t part_synapses_ = 0;  // of a cell that are visited in one go
  uint64_t step_work_ = 0;      // of a step, without what is emitted in it
  Step span_ = 0;               // steps that pass in one go
  // Of spikes_, the network's own of the time that passed last.
  size_t emitted_begin_ = 0, emitted_end_ = 0;
  uint64_t emitted_ = 0;  // spikes, for TakeActivity

  class Extension;  // build.cc

  // All spikes take equally long, and no weight changes by them.
  bool one_delay() const { return plain_ && reach_.one_delay(); }

  // advance.cc
  template <typename Work>
  void ForEach(size_t n, const Work& work);
  template <typename Work>
  bool InRounds(const Work& work);
  void UpdateSpan(Step from, Step to);
  void AdvanceGroup(RuntimeGroup* group, Step from, Step to);
  void RefreshCurrents(RuntimeGroup* group, Step at);
  void TakeSample(RuntimeMultimeter* multimeter, Step at);
  void NoteDiverged(const RuntimeGroup& group);
  bool DeliverDopamine();
  bool ReleaseDeferred();
  bool HandOutPoisson();
  uint64_t HandOutPoissonTo(uint32_t block, uint32_t projection, uint64_t quota);
  void HandOut(const PoissonInput::Event& event, uint32_t projection, Block* block);
  bool HandOutLatePoisson();
  // What the rings have come to reach, as time has passed.
  bool HandOutWhatIsInReach() {
    return ReleaseDeferred() && (late_horizon_ == 0 || HandOutLatePoisson());
  }
  void HandOutLatePoisson(uint32_t projection, Step until);
  uint64_t HandOutTo(uint32_t block, uint64_t quota);
  void PrefetchSynapses(const Spike& spike, uint32_t block) const;
  bool HandOutOne(const Spike& spike, uint32_t block, uint64_t multiplicity, uint64_t quota,
                  uint64_t* work);
  bool GoApart(const Spike& spike, uint32_t block) const;
  // What is transmitted is `factor` times the weight.
  void Transmit(Block* block, uint32_t projection, uint32_t begin, uint32_t end, Step arrival,
                uint64_t multiplicity, double factor = 1.0);
  // The same synapse by synapse: those that are not cut; and notes what, with `note`.
  void TransmitScattered(Block* block, uint32_t projection, const CellPart& part, Step stamp,
                         uint64_t multiplicity, double factor);
  void TransmitSelectively(Block* block, uint32_t projection, const CellPart& part, Step stamp,
                           uint64_t multiplicity, double factor, bool note);
  void RecordNoted();
  // `frozen`: what the one synapse transmits, if that was taken along; else null.
  void Arrive(const RuntimeProjection& p, uint32_t begin, uint32_t end, Step arrival,
              uint64_t multiplicity, const double* frozen, double factor = 1.0);
};

}  // namespace spiked::engine
