// What a projection does beside adding weights: hooks that a synapse model
// implements where its table (model.h) says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/model.h"
#include "server/engine/post_history.h"
#include "server/engine/state.h"
#include "server/engine/synapses.h"
#include "server/engine/time.h"

namespace spiked::engine {

class Pace;

// Dopamine spikes that arrive in one step.
struct DopamineSpike {
  Step arrival;
  uint64_t multiplicity;
  static void Members(auto& s, auto&& visit) { visit(s.arrival, s.multiplicity); }
};

// What a rule works on; all but the parameters outlive the rule.
struct RuleContext {
  ParameterRow parameters;  // in the order of the model's table
  Grid grid{0.1};
  Step begin = 0;  // of the projection
  Synapses* synapses = nullptr;
  uint32_t targets = 0;                  // size of the target population
  const PostHistory* history = nullptr;  // of the targets, if the model reads it
  const std::pmr::vector<DopamineSpike>* dopamine = nullptr;  // pending at its transmitter
  Memory memory = std::pmr::get_default_resource();
};

// Synapses [begin, end) of a cell (see synapses.h), which are worked on at a time.
struct CellPart {
  uint32_t row, block;
  uint32_t begin, end;
  bool last;  // the cell ends with them
};

// How far a delivery to a block has come: all cells of rows below `row` have had
// it, and so many synapses of the next one.
struct DeliveryPlace {
  uint32_t row = 0, synapses = 0;
  static void Members(auto& p, auto&& visit) { visit(p.row, p.synapses); }
};

// Blocks share nothing that changes, so that threads can work on different ones
// at the same time: what belongs to a source is kept for each of its cells.
class SynapseRule {
 public:
  virtual ~SynapseRule() = default;

  // What takes as long as there are synapses, before anything else is called; false
  // if stopped, then the rule is of no use.
  virtual bool Build(Pace* /*pace*/) { return true; }

  // on_arrival: a spike of a source neuron is handed out to a block, part by part.
  // Brings synapses up to date, before their weights are transmitted; what is
  // transmitted is the weight times what is returned.
  virtual double OnSourceSpike(const CellPart& /*part*/, Step /*stamp*/) { return 1.0; }

  // needs_transmitter: the transmitter delivers what is pending. Between beginning
  // and end each block is delivered to, by calls until `place` is behind the last
  // row. A call does about so much work, and returns how much it did.
  virtual void BeginDelivery(Step /*now*/) {}
  virtual uint64_t Deliver(uint32_t /*block*/, Step /*now*/, uint64_t /*work*/,
                           DeliveryPlace* /*place*/) {
    return 0;
  }
  virtual void EndDelivery(Step /*now*/) {}

  // reads_history: appends the intervals that it may still ask for, in a slice that
  // began then.
  virtual void AppendNeeds(Step /*slice_begin*/,
                           std::pmr::vector<PostHistory::Interval>* /*needs*/) const {}

  // on_emission: a source or a target has just fired; stamps of a neuron ascend.
  virtual void OnSourceFired(uint32_t /*neuron*/, Step /*stamp*/) {}
  virtual void OnTargetFired(uint32_t /*neuron*/, Step /*stamp*/) {}
  // on_emission: a slice has ended, all spikes up to now are known. False if
  // stopped; then it is called again before anything else is known.
  virtual bool Tidy(Step /*now*/, Pace* /*pace*/) { return true; }
  // on_emission: whether weights would stay finite with a reward.
  virtual bool StaysFinite(double /*reward*/, Step /*now*/) const { return true; }
  // on_emission: works out beside the weights what a reward makes of them. False
  // if stopped; then it is called again, or dropped. Then puts it in their place.
  virtual bool PrepareReward(double /*reward*/, Step /*now*/, Pace* /*pace*/) { return true; }
  virtual void CommitReward() {}
  virtual void DropReward() {}

  // What is worked out from now on follows other parameters, but for fixed ones.
  virtual void SetParameters(ParameterRow /*parameters*/) {}

  // A recordable of the model by its place in the table, of a synapse.
  virtual double Variable(size_t /*recordable*/, uint32_t /*synapse*/) const { return 0.0; }

  virtual void Save(StateWriter& write) const = 0;
  virtual void Restore(StateReader& read) = 0;
};

}  // namespace spiked::engine
