// What a projection keeps of the weights that its synapses transmit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/engine/activity_window.h"
#include "server/engine/memory.h"
#include "server/engine/recorders.h"
#include "server/engine/spec.h"
#include "server/engine/state.h"
#include "server/engine/time.h"
#include "server/engine/views.h"

namespace spiked::engine {

// Ascending by stamp, then by synapse.
class WeightRecord {
 public:
  // Of spikes later than `begin`.
  WeightRecord(const Recording& recording, Step begin, const Grid& grid, Memory memory)
      : window_(WindowOf(recording.window, grid)),
        state_(begin, Series<TransmittedWeight>(recording.limit, 1, memory, begin)) {}

  // Whether what a spike transmits belongs to it.
  bool HasStamp(Step stamp) const { return state_.begin < stamp && window_.HasStamp(stamp); }

  void Add(Step stamp, TransmittedWeight weight) {
    *state_.entries.Append(stamp) = weight;
    ++state_.recorded;
  }

  // Of spikes with stamps in (after, until].
  WeightRecordView Between(Step after, Step until) const {
    const auto [first, last] = state_.entries.Between(after, until);
    return {.stamps = state_.entries.times().subspan(first, last - first),
            .weights = {state_.entries.entries(first), last - first},
            .complete_after = state_.entries.complete_after(),
            .forgotten = state_.recorded - state_.entries.size()};
  }

  void Save(StateWriter& write) const { write(state_); }
  // Of a projection with so many synapses.
  void Restore(StateReader& read) { read(state_); }
  bool IsOf(uint32_t synapses) const {
    bool good = IsTime(state_.begin) && state_.recorded >= state_.entries.size();
    const auto view = Between(-kNever, kNever);
    for (const TransmittedWeight& weight : view.weights) good = good && weight.synapse < synapses;
    return good;
  }

 private:
  ActivityWindow window_;
  struct State {
    State(Step begin, Series<TransmittedWeight> entries)
        : begin(begin), entries(std::move(entries)) {}
    Step begin;
    uint64_t recorded = 0;  // entries that it has had
    Series<TransmittedWeight> entries;
    static void Members(auto& s, auto&& visit) { visit(s.begin, s.recorded, s.entries); }
  };
  State state_;
};

}  // namespace spiked::engine
