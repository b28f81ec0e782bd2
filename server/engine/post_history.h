// The spikes of postsynaptic neurons as plastic synapses need them: with the
// trace K-, and as far back as any synapse may still ask.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/engine/math/decay.h"
#include "server/engine/memory.h"
#include "server/engine/state.h"
#include "server/engine/time.h"

namespace spiked::engine {

class PostHistory {
 public:
  struct Entry {
    Step stamp;
    double k_minus;  // the trace just after this spike
    static void Members(auto& e, auto&& visit) { visit(e.stamp, e.k_minus); }
  };
  // Stamps in (after, until].
  struct Interval {
    Step after, until;
  };
  // Appends the intervals that whoever reads the history may still ask for.
  using Needs = absl::FunctionRef<void(std::pmr::vector<Interval>*)>;

  // One neuron for each entry of `tau_minus` (ms).
  PostHistory(const Grid& grid, std::span<const double> tau_minus,
              Memory memory = std::pmr::get_default_resource());

  // Other time constants from now on, ms.
  void SetTauMinus(std::span<const double> tau_minus);

  // A neuron has fired; its stamps ascend. `needs` is asked now and then, and no
  // more than once until NeedsChange.
  void Append(uint32_t neuron, Step stamp, Needs needs);

  // The neuron's spikes in (after, until], oldest first.
  std::span<const Entry> Between(uint32_t neuron, Step after, Step until) const;

  // K-(at): the trace at the latest spike strictly before, decayed from there;
  // 0 if there is none.
  double KMinus(uint32_t neuron, Step at) const;

  // Neurons that have fired since the last call of ForgetRecent, in order of
  // firing; a neuron occurs once for each spike.
  struct Recent {
    uint32_t neuron;
    Step stamp;
    static void Members(auto& r, auto&& visit) { visit(r.neuron, r.stamp); }
  };
  std::span<const Recent> recent() const { return state_.recent; }
  // Keeps only those with later stamps.
  void ForgetRecent(Step until);
  // Readers need something else than before.
  void NeedsChange() { needs_known_ = false; }

  void Save(StateWriter& write) const { write(state_); }
  void Restore(StateReader& read);

 private:
  struct State {
    State(size_t neurons, Memory memory) : neurons(neurons, memory), recent(memory) {}
    std::pmr::vector<std::pmr::vector<Entry>> neurons;  // by stamp
    std::pmr::vector<Recent> recent;
    static void Members(auto& s, auto&& visit) { visit(Fixed(s.neurons), s.recent); }
  };

  // Drops what no reader needs any more, but never a neuron's last spike before
  // the present.
  void Prune(std::pmr::vector<Entry>* entries);
  void UpdateNeeds(Needs needs);

  const Decay& DecayOf(uint32_t neuron) const { return decays_[decays_.size() == 1 ? 0 : neuron]; }

  Grid grid_;
  std::pmr::vector<Decay> decays_;  // of K-: one, or one for each neuron
  State state_;
  std::pmr::vector<Interval> needs_;  // scratch: disjoint, ascending
  bool needs_known_ = false;
};

// A history as one sees it who came at `begin`: earlier spikes never reach him,
// though they have left their trace.
class HistorySince {
 public:
  HistorySince(const PostHistory& history, Step begin) : history_(history), begin_(begin) {}

  std::span<const PostHistory::Entry> Between(uint32_t neuron, Step after, Step until) const {
    return history_.Between(neuron, std::max(after, begin_), until);
  }
  double KMinus(uint32_t neuron, Step at) const {
    return at > begin_ ? history_.KMinus(neuron, at) : 0.0;
  }
  std::span<const PostHistory::Recent> recent() const { return history_.recent(); }

 private:
  const PostHistory& history_;
  Step begin_;
};

}  // namespace spiked::engine
