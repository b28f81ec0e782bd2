// What a network keeps of its activity: spikes and sampled signals, up to a
// limit, if there is one, beyond which the oldest are forgotten.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/state.h"
#include "server/engine/time.h"
#include "server/engine/views.h"

namespace spiked::engine {

// A series of records with ascending times, of which the last `limit` are kept;
// all of them where it is 0.
// A record has `width` entries of type T.
template <typename T>
class Series {
 public:
  // Times are later than `begin`.
  Series(size_t limit, size_t width, Memory memory = std::pmr::get_default_resource(),
         Step begin = 0)
      : limit_(limit == 0 ? kNoLimit : limit), width_(width), state_(memory) {
    state_.complete_after = begin;
  }

  // The place for the entries of a new record.
  T* Append(Step time) {
    if (size() == limit_) {
      state_.complete_after = state_.times[state_.first++];
      // A quarter more than the limit, so that moving the rest up stays rare.
      if (state_.first > limit_ / 4) {
        state_.times.erase(state_.times.begin(),
                           state_.times.begin() + static_cast<ptrdiff_t>(state_.first));
        state_.entries.erase(
            state_.entries.begin(),
            state_.entries.begin() + static_cast<ptrdiff_t>(state_.first * width_));
        state_.first = 0;
      }
    }
    if (state_.times.size() == state_.times.capacity()) Grow();
    state_.times.push_back(time);
    state_.entries.resize(state_.entries.size() + width_);
    return state_.entries.data() + state_.entries.size() - width_;
  }

  // Records with times in (after, until]: positions from first to second.
  std::pair<size_t, size_t> Between(Step after, Step until) const {
    const auto begin = state_.times.begin() + static_cast<ptrdiff_t>(state_.first);
    const auto from = std::upper_bound(begin, state_.times.end(), after);
    const auto to = std::upper_bound(from, state_.times.end(), until);
    return {from - state_.times.begin(), to - state_.times.begin()};
  }

  size_t size() const { return state_.times.size() - state_.first; }
  std::span<const Step> times() const { return state_.times; }
  const T* entries(size_t position) const { return state_.entries.data() + position * width_; }

  // All records with later times are kept: the time of the last that has been
  // forgotten, or when it began if none has.
  Step complete_after() const { return state_.complete_after; }

  void Save(StateWriter& write) const { write(state_); }
  void Restore(StateReader& read) {
    read(state_);
    read.Require(state_.first <= state_.times.size() && size() <= limit_ &&
                     std::ranges::is_sorted(state_.times) &&
                     (state_.times.empty() || read.HasHappened(state_.times.back())) &&
                     state_.entries.size() == state_.times.size() * width_,
                 "a record");
  }

 private:
  // Never reached, and still small enough to count with.
  static constexpr size_t kNoLimit = std::numeric_limits<size_t>::max() / 8;

  // Twice as large, but no larger than it ever gets.
  void Grow() {
    const size_t most = limit_ + limit_ / 4 + 1;
    const size_t records = std::min(most, std::max<size_t>(8, 2 * state_.times.capacity()));
    state_.times.reserve(records);
    state_.entries.reserve(records * width_);
  }

  size_t limit_, width_;
  struct State {
    explicit State(Memory memory) : times(memory), entries(memory) {}
    size_t first = 0;  // records before it are forgotten
    std::pmr::vector<Step> times;
    std::pmr::vector<T> entries;
    Step complete_after = 0;
    static void Members(auto& s, auto&& visit) {
      visit(s.first, s.times, s.entries, s.complete_after);
    }
  };
  State state_;
};

// Spikes of a population: the last `limit` of them, all where it is 0. A spike
// of multiplicity m counts as m spikes but takes one entry; the oldest entry may
// be forgotten in part.
class SpikeRecorder {
 public:
  // Stamps are later than `begin`.
  SpikeRecorder(size_t limit, uint32_t neurons, Memory memory = std::pmr::get_default_resource(),
                Step begin = 0)
      : limit_(limit == 0 ? kNoLimit : limit), state_(neurons, memory) {
    state_.complete_after = begin;
  }

  void Record(Step stamp, uint32_t sender, uint64_t multiplicity) {
    // One more than are kept, so that the record knows of its gap.
    const uint64_t spikes = std::min(multiplicity, limit_ + 1);
    if (state_.stamps.size() == state_.stamps.capacity()) Grow();
    // As long as each entry is one spike, their number tells the starts.
    if (spikes != 1 || !state_.starts.empty()) {
      state_.starts.reserve(state_.stamps.capacity());
      while (state_.starts.size() < state_.stamps.size())
        state_.starts.push_back(Start(state_.starts.size()));
      state_.starts.push_back(state_.end);
    }
    state_.stamps.push_back(stamp);
    state_.senders.push_back(sender);
    state_.end += spikes;
    if (state_.end - state_.begin > limit_) ForgetUntil(state_.end - limit_);
    state_.totals[sender] +=
        std::min(multiplicity, std::numeric_limits<uint64_t>::max() - state_.totals[sender]);
  }

  // Spikes with stamps in (after, until].
  SpikeView Between(Step after, Step until) const {
    const auto begin = state_.stamps.begin() + static_cast<ptrdiff_t>(state_.first);
    const auto from = std::upper_bound(begin, state_.stamps.end(), after);
    const auto to = std::upper_bound(from, state_.stamps.end(), until);
    const auto first = static_cast<size_t>(from - state_.stamps.begin());
    const auto last = static_cast<size_t>(to - state_.stamps.begin());
    const auto entries = [&](const auto& column) {
      return std::span(column).subspan(first, last - first);
    };
    return {entries(state_.stamps),
            entries(state_.senders),
            state_.starts.empty() ? std::span<const uint64_t>() : entries(state_.starts),
            first == state_.first ? state_.begin : Start(first),
            last == state_.first ? state_.begin : Start(last),
            state_.complete_after,
            state_.begin,
            state_.end};
  }

  // Of each neuron since it began.
  std::span<const uint64_t> totals() const { return state_.totals; }

  void Save(StateWriter& write) const { write(state_); }
  void Restore(StateReader& read) {
    read(state_);
    const State& s = state_;
    read.Require(s.first <= s.stamps.size() && s.senders.size() == s.stamps.size() &&
                     (s.starts.empty() || s.starts.size() == s.stamps.size()) &&
                     std::ranges::is_sorted(s.stamps) &&
                     (s.stamps.empty() || read.HasHappened(s.stamps.back())) &&
                     s.end - s.begin <= limit_,
                 "a record of spikes");
    if (!read.ok()) return;
    // Numbers ascend from the first entry on, which is kept at least in part.
    const auto offset = [&](size_t entry) { return static_cast<int64_t>(Start(entry) - s.begin); };
    bool good = s.first < s.stamps.size() ? offset(s.first) <= 0 : s.begin == s.end;
    for (size_t k = s.first; k < s.stamps.size(); ++k) {
      good =
          good && s.senders[k] < s.totals.size() && std::max<int64_t>(offset(k), 0) < offset(k + 1);
    }
    read.Require(good, "a recorded spike");
  }

 private:
  // More than anyone reads, and still small enough to tell the order of two
  // numbers by their difference.
  static constexpr uint64_t kNoLimit = uint64_t{1} << 61;

  // Number of the first spike of an entry, or behind the last.
  uint64_t Start(size_t entry) const {
    return entry < state_.starts.size() ? state_.starts[entry]
                                        : state_.end - (state_.stamps.size() - entry);
  }

  void ForgetUntil(uint64_t begin) {
    state_.begin = begin;
    // Signed, as numbers may have gone round.
    while (static_cast<int64_t>(Start(state_.first + 1) - state_.begin) <= 0) {
      state_.complete_after = state_.stamps[state_.first++];
    }
    if (Start(state_.first) != state_.begin) state_.complete_after = state_.stamps[state_.first];
    // A quarter more than the limit, so that moving the rest up stays rare.
    if (state_.first > limit_ / 4) {
      const auto forget = [&](auto& column) {
        column.erase(column.begin(), column.begin() + static_cast<ptrdiff_t>(state_.first));
      };
      forget(state_.stamps);
      forget(state_.senders);
      if (!state_.starts.empty()) forget(state_.starts);
      state_.first = 0;
    }
  }

  // Twice as large, but no larger than it ever gets.
  void Grow() {
    const uint64_t most = limit_ + limit_ / 4 + 2;
    const size_t entries =
        std::min<uint64_t>(most, std::max<size_t>(8, 2 * state_.stamps.capacity()));
    state_.stamps.reserve(entries);
    state_.senders.reserve(entries);
  }

  uint64_t limit_;
  struct State {
    State(uint32_t neurons, Memory memory)
        : stamps(memory), senders(memory), starts(memory), totals(neurons, memory) {}
    size_t first = 0;  // entries before it are forgotten
    std::pmr::vector<Step> stamps;
    std::pmr::vector<uint32_t> senders;
    std::pmr::vector<uint64_t> starts;  // empty as long as each entry is one spike
    // Spikes are numbered as they come, modulo 2^64; kept are those from `begin` up
    // to `end`.
    uint64_t begin = 0, end = 0;
    Step complete_after = 0;
    std::pmr::vector<uint64_t> totals;
    static void Members(auto& s, auto&& visit) {
      visit(s.first, s.stamps, s.senders, s.starts, s.begin, s.end, s.complete_after,
            Fixed(s.totals));
    }
  };
  State state_;
};

}  // namespace spiked::engine
