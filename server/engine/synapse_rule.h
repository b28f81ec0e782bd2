// What a projection does beside adding weights: hooks that a synapse model
// implements where its table (model.h) says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/model.h"
#include "server/engine/post_history.h"
#include "server/engine/synapses.h"
#include "server/engine/time.h"

namespace spiked::engine {

// Dopamine spikes that arrive in one step.
struct DopamineSpike {
  Step arrival;
  uint64_t multiplicity;
};

// What a rule works on; all but the parameters outlive the rule.
struct RuleContext {
  ParameterRow parameters;  // in the order of the model's table
  Grid grid{0.1};
  Step begin = 0;  // of the network
  Synapses* synapses = nullptr;
  uint32_t targets = 0;               // size of the target population
  PostHistory* history = nullptr;     // of the targets, if the model reads it
  const Step* slice_begin = nullptr;  // of the network's current slice
  const std::pmr::vector<DopamineSpike>* dopamine = nullptr;  // pending at its transmitter
  Memory memory = std::pmr::get_default_resource();
};

class SynapseRule {
 public:
  virtual ~SynapseRule() = default;

  // on_arrival: a spike of source neuron `row` is handed out. Brings its synapses
  // up to date, before their weights are transmitted; what is transmitted is the
  // weight times what is returned.
  virtual double OnSourceSpike(uint32_t /*row*/, Step /*stamp*/) { return 1.0; }

  // needs_transmitter: the transmitter delivers what is pending.
  virtual void Deliver(Step /*now*/) {}

  // on_emission: a source or a target has just fired; stamps of a neuron ascend.
  virtual void OnSourceFired(uint32_t /*neuron*/, Step /*stamp*/) {}
  virtual void OnTargetFired(uint32_t /*neuron*/, Step /*stamp*/) {}
  // on_emission: a slice has ended, all spikes up to now are known.
  virtual void Tidy(Step /*now*/) {}
  // on_emission: whether weights would stay finite with a reward, and to apply it.
  virtual bool StaysFinite(double /*reward*/, Step /*now*/) const { return true; }
  virtual void Reward(double /*reward*/, Step /*now*/) {}

  // A recordable of the model by its place in the table, of a synapse.
  virtual double Variable(size_t /*recordable*/, uint32_t /*synapse*/) const { return 0.0; }
};

}  // namespace spiked::engine
