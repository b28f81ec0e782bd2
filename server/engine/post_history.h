// The spikes of postsynaptic neurons as plastic synapses need them: with the
// trace K-, and as far back as any synapse may still ask.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "server/engine/math/decay.h"
#include "server/engine/memory.h"
#include "server/engine/time.h"

namespace spiked::engine {

class PostHistory {
 public:
  struct Entry {
    Step stamp;
    double k_minus;  // the trace just after this spike
  };
  // Stamps in (after, until].
  struct Interval {
    Step after, until;
  };
  // Who reads a history.
  class Reader {
   public:
    virtual ~Reader() = default;
    // Appends the intervals that it may still ask for.
    virtual void AppendNeeds(std::pmr::vector<Interval>* /*needs*/) const {}
  };

  // One neuron for each entry of `tau_minus` (ms).
  PostHistory(const Grid& grid, std::span<const double> tau_minus,
              Memory memory = std::pmr::get_default_resource());

  // Other time constants from now on, ms.
  void SetTauMinus(std::span<const double> tau_minus);

  // All that read it must be listed here.
  std::vector<const Reader*>& readers() { return readers_; }

  // A neuron has fired; its stamps ascend.
  void Append(uint32_t neuron, Step stamp);

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
  };
  std::span<const Recent> recent() const { return recent_; }
  // Keeps only those with later stamps.
  void ForgetRecent(Step until);

 private:
  // Drops what no reader needs any more, but never a neuron's last spike before
  // the present.
  void Prune(std::pmr::vector<Entry>* entries);
  void UpdateNeeds();

  const Decay& DecayOf(uint32_t neuron) const { return decays_[decays_.size() == 1 ? 0 : neuron]; }

  Grid grid_;
  std::pmr::vector<Decay> decays_;  // of K-: one, or one for each neuron
  std::pmr::vector<std::pmr::vector<Entry>> neurons_;
  std::pmr::vector<Recent> recent_;
  std::vector<const Reader*> readers_;
  Step forgotten_ = std::numeric_limits<Step>::min();  // as ForgetRecent was last told
  std::pmr::vector<Interval> needs_;                   // disjoint, ascending; as of needs_at_
  Step needs_at_ = forgotten_;
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
