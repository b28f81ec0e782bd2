// What a network keeps of its activity: spikes and sampled signals, up to a
// limit, if there is one, beyond which the oldest are forgotten.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "server/engine/time.h"

namespace spiked::engine {

// A series of records with ascending times, of which the last `limit` are kept;
// all of them where it is 0.
// A record has `width` entries of type T.
template <typename T>
class Series {
 public:
  Series(size_t limit, size_t width) : limit_(limit == 0 ? kNoLimit : limit), width_(width) {}

  // The place for the entries of a new record.
  T* Append(Step time) {
    if (times_.size() - first_ == limit_) {
      complete_after_ = times_[first_++];
      // A quarter more than the limit, so that moving the rest up stays rare.
      if (first_ > limit_ / 4) {
        times_.erase(times_.begin(), times_.begin() + static_cast<ptrdiff_t>(first_));
        entries_.erase(entries_.begin(),
                       entries_.begin() + static_cast<ptrdiff_t>(first_ * width_));
        first_ = 0;
      }
    }
    if (times_.size() == times_.capacity()) Grow();
    times_.push_back(time);
    entries_.resize(entries_.size() + width_);
    return entries_.data() + entries_.size() - width_;
  }

  // Records with times in (after, until]: positions from first to second.
  std::pair<size_t, size_t> Between(Step after, Step until) const {
    const auto begin = times_.begin() + static_cast<ptrdiff_t>(first_);
    const auto from = std::upper_bound(begin, times_.end(), after);
    const auto to = std::upper_bound(from, times_.end(), until);
    return {from - times_.begin(), to - times_.begin()};
  }

  Step time(size_t position) const { return times_[position]; }
  const T* entries(size_t position) const { return entries_.data() + position * width_; }

  size_t limit() const { return limit_; }

  // All records with later times are kept: the time of the last that has been
  // forgotten, 0 if none has.
  Step complete_after() const { return complete_after_; }

  size_t bytes() const {
    return times_.capacity() * sizeof(Step) + entries_.capacity() * sizeof(T);
  }

 private:
  // Never reached, and still small enough to count with.
  static constexpr size_t kNoLimit = std::numeric_limits<size_t>::max() / 8;

  // Twice as large, but no larger than it ever gets.
  void Grow() {
    const size_t most = limit_ + limit_ / 4 + 1;
    const size_t records = std::min(most, std::max<size_t>(8, 2 * times_.capacity()));
    times_.reserve(records);
    entries_.reserve(records * width_);
  }

  size_t limit_, width_;
  size_t first_ = 0;  // records before it are forgotten
  std::vector<Step> times_;
  std::vector<T> entries_;
  Step complete_after_ = 0;
};

// Spikes of a population: one record a spike, its entry the sender.
struct SpikeRecorder {
  SpikeRecorder(size_t limit, uint32_t neurons) : spikes(limit, 1), totals(neurons) {}

  void Record(Step stamp, uint32_t sender, uint64_t multiplicity) {
    // One more than are kept, so that the record knows of its gap.
    const size_t listed = std::min<size_t>(multiplicity, spikes.limit() + 1);
    for (size_t k = 0; k < listed; ++k) *spikes.Append(stamp) = sender;
    totals[sender] += std::min(multiplicity, std::numeric_limits<uint64_t>::max() - totals[sender]);
  }

  Series<uint32_t> spikes;
  std::vector<uint64_t> totals;  // of each neuron since the beginning
};

}  // namespace spiked::engine
