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
#include "server/engine/time.h"
#include "server/engine/views.h"

namespace spiked::engine {

// A series of records with ascending times, of which the last `limit` are kept;
// all of them where it is 0.
// A record has `width` entries of type T.
template <typename T>
class Series {
 public:
  Series(size_t limit, size_t width, Memory memory = std::pmr::get_default_resource())
      : limit_(limit == 0 ? kNoLimit : limit), width_(width), times_(memory), entries_(memory) {}

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

  std::span<const Step> times() const { return times_; }
  const T* entries(size_t position) const { return entries_.data() + position * width_; }

  // All records with later times are kept: the time of the last that has been
  // forgotten, 0 if none has.
  Step complete_after() const { return complete_after_; }

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
  std::pmr::vector<Step> times_;
  std::pmr::vector<T> entries_;
  Step complete_after_ = 0;
};

// Spikes of a population: the last `limit` of them, all where it is 0. A spike
// of multiplicity m counts as m spikes but takes one entry; the oldest entry may
// be forgotten in part.
class SpikeRecorder {
 public:
  SpikeRecorder(size_t limit, uint32_t neurons, Memory memory = std::pmr::get_default_resource())
      : limit_(limit == 0 ? kNoLimit : limit),
        stamps_(memory),
        senders_(memory),
        starts_(memory),
        totals_(neurons, memory) {}

  void Record(Step stamp, uint32_t sender, uint64_t multiplicity) {
    // One more than are kept, so that the record knows of its gap.
    const uint64_t spikes = std::min(multiplicity, limit_ + 1);
    if (stamps_.size() == stamps_.capacity()) Grow();
    // As long as each entry is one spike, their number tells the starts.
    if (spikes != 1 || !starts_.empty()) {
      starts_.reserve(stamps_.capacity());
      while (starts_.size() < stamps_.size()) starts_.push_back(Start(starts_.size()));
      starts_.push_back(end_);
    }
    stamps_.push_back(stamp);
    senders_.push_back(sender);
    end_ += spikes;
    if (end_ - begin_ > limit_) ForgetUntil(end_ - limit_);
    totals_[sender] +=
        std::min(multiplicity, std::numeric_limits<uint64_t>::max() - totals_[sender]);
  }

  // Spikes with stamps in (after, until].
  SpikeView Between(Step after, Step until) const {
    const auto begin = stamps_.begin() + static_cast<ptrdiff_t>(first_);
    const auto from = std::upper_bound(begin, stamps_.end(), after);
    const auto to = std::upper_bound(from, stamps_.end(), until);
    const auto first = static_cast<size_t>(from - stamps_.begin());
    const auto last = static_cast<size_t>(to - stamps_.begin());
    const auto entries = [&](const auto& column) {
      return std::span(column).subspan(first, last - first);
    };
    return {entries(stamps_),
            entries(senders_),
            starts_.empty() ? std::span<const uint64_t>() : entries(starts_),
            first == first_ ? begin_ : Start(first),
            last == first_ ? begin_ : Start(last),
            complete_after_,
            begin_,
            end_};
  }

  // Of each neuron since the beginning.
  std::span<const uint64_t> totals() const { return totals_; }

 private:
  // More than anyone reads, and still small enough to tell the order of two
  // numbers by their difference.
  static constexpr uint64_t kNoLimit = uint64_t{1} << 61;

  // Number of the first spike of an entry, or behind the last.
  uint64_t Start(size_t entry) const {
    return entry < starts_.size() ? starts_[entry] : end_ - (stamps_.size() - entry);
  }

  void ForgetUntil(uint64_t begin) {
    begin_ = begin;
    // Signed, as numbers may have gone round.
    while (static_cast<int64_t>(Start(first_ + 1) - begin_) <= 0) {
      complete_after_ = stamps_[first_++];
    }
    if (Start(first_) != begin_) complete_after_ = stamps_[first_];
    // A quarter more than the limit, so that moving the rest up stays rare.
    if (first_ > limit_ / 4) {
      const auto forget = [&](auto& column) {
        column.erase(column.begin(), column.begin() + static_cast<ptrdiff_t>(first_));
      };
      forget(stamps_);
      forget(senders_);
      if (!starts_.empty()) forget(starts_);
      first_ = 0;
    }
  }

  // Twice as large, but no larger than it ever gets.
  void Grow() {
    const uint64_t most = limit_ + limit_ / 4 + 2;
    const size_t entries = std::min<uint64_t>(most, std::max<size_t>(8, 2 * stamps_.capacity()));
    stamps_.reserve(entries);
    senders_.reserve(entries);
  }

  uint64_t limit_;
  size_t first_ = 0;  // entries before it are forgotten
  std::pmr::vector<Step> stamps_;
  std::pmr::vector<uint32_t> senders_;
  std::pmr::vector<uint64_t> starts_;  // empty as long as each entry is one spike
  // Spikes are numbered as they come, modulo 2^64; kept are those from begin_ up
  // to end_.
  uint64_t begin_ = 0, end_ = 0;
  Step complete_after_ = 0;
  std::pmr::vector<uint64_t> totals_;
};

}  // namespace spiked::engine
