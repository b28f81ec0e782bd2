// Reward-modulated STDP (Wunderlich et al. 2019, Front. Neurosci. 13:260).
//
// Weights stay as they are until a reward R ends an episode; then every weight
// grows by eta * trace * R. The trace pairs each spike of the target with the
// latest spike of the source before it, unless the previous such pair had the
// same source spike.
#pragma once

#include <vector>

#include "server/engine/plasticity.h"

namespace spiked::engine {

class RewardRule {
 public:
  // `targets` is the size of the target population.
  RewardRule(const Numbers& parameters, const Grid& grid, Synapses* synapses, uint32_t targets);

  // A source or target neuron has fired; stamps of a neuron ascend.
  void OnSourceSpike(uint32_t neuron, Step stamp);
  void OnTargetSpike(uint32_t neuron, Step stamp);

  // Bounds the memory of long episodes; `now`: all spikes up to it are known.
  void Tidy(Step now);

  // Whether the weights would stay finite numbers with reward R.
  bool StaysFinite(double reward, Step now) const;
  // Ends the episode with reward R.
  void Apply(double reward, Step now);

  size_t bytes() const;

 private:
  // What an episode has brought a synapse, up to the spikes still listed.
  struct Trace {
    double facilitation = 0.0;
    double depression = 0.0;   // the mirror term, if the rule has one
    int64_t last_pre = -1;     // number of pre stamps before the last post stamp used
    Step awaits_pre = kNever;  // last post stamp used, while no pre has followed it
  };

  void Gather(Step until);
  double Grown(uint32_t source, uint32_t synapse, double reward, Step now) const;
  void GatherPair(uint32_t source, uint32_t target, Step until, Trace* trace) const;

  Grid grid_;
  Synapses* synapses_;
  double eta_, amplitude_, tau_, saturation_;
  Step shift_;
  bool causal_only_;

  struct Source {
    std::vector<Step> stamps;  // shifted
    int64_t dropped = 0;       // stamps of this episode that are no longer listed
  };
  std::vector<Source> sources_;
  std::vector<std::vector<Step>> targets_;
  size_t listed_ = 0;
  // Empty until the episode has to be gathered before its end.
  std::vector<Trace> traces_;
};

}  // namespace spiked::engine
