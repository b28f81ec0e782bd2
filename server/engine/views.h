// What is read of a network's records: views onto them, which copy nothing and
// last until time passes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/engine/time.h"

namespace spiked::engine {

struct RuntimeProjection;

// Spikes one by one.
struct SpikeList {
  bool operator==(const SpikeList&) const = default;
  std::vector<Step> stamps;
  std::vector<uint32_t> senders;
};

// Spikes of one population, ascending by stamp, then by sender, numbered from 0.
// A spike of multiplicity m is m spikes, but one entry of the record.
class SpikeView {
 public:
  // Entries as SpikeRecorder keeps them, and of their spikes those with numbers
  // in [begin, end); `starts` is empty where each entry is one spike.
  // Of all spikes that the record has had, numbered as they came, it has forgotten
  // those before `forgotten`.
  SpikeView(std::span<const Step> stamps, std::span<const uint32_t> senders,
            std::span<const uint64_t> starts, uint64_t begin, uint64_t end, Step complete_after,
            uint64_t forgotten, uint64_t recorded)
      : stamps_(stamps),
        senders_(senders),
        starts_(starts),
        begin_(begin),
        size_(end - begin),
        complete_after_(complete_after),
        forgotten_(forgotten),
        recorded_(recorded) {}

  uint64_t size() const { return size_; }
  // Of the whole record: spikes that it has forgotten so far, and that it has had.
  uint64_t forgotten() const { return forgotten_; }
  uint64_t recorded() const { return recorded_; }
  // The whole record is complete for later stamps.
  Step complete_after() const { return complete_after_; }

  // Of spike number k < size().
  Step stamp(uint64_t k) const { return stamps_[EntryOf(k)]; }

  // How many spikes have stamps up to the given one.
  uint64_t CountUntil(Step stamp) const {
    return FirstOf(static_cast<size_t>(std::ranges::upper_bound(stamps_, stamp) - stamps_.begin()));
  }

  // Calls fn(stamp, sender, times) for the entries of spikes
  // [first, first + count), which must be in the view; `times` add up to count.
  template <typename Fn>
  void ForEach(uint64_t first, uint64_t count, Fn fn) const {
    if (count == 0) return;
    const uint64_t last = first + count;
    for (size_t entry = EntryOf(first); first < last; ++entry) {
      const uint64_t next = std::min(last, FirstOf(entry + 1));
      fn(stamps_[entry], senders_[entry], next - first);
      first = next;
    }
  }

  // A copy of everything.
  SpikeList List() const {
    SpikeList list;
    ForEach(0, size_, [&](Step stamp, uint32_t sender, uint64_t times) {
      list.stamps.insert(list.stamps.end(), times, stamp);
      list.senders.insert(list.senders.end(), times, sender);
    });
    return list;
  }

 private:
  // Number of the first spike of an entry. Those of the record count modulo
  // 2^64, so only differences tell.
  uint64_t FirstOf(size_t entry) const {
    if (entry == 0) return 0;
    if (entry == stamps_.size()) return size_;
    return starts_.empty() ? entry : starts_[entry] - begin_;
  }

  size_t EntryOf(uint64_t k) const {
    if (starts_.empty()) return k;
    // The first entry may begin before the view does.
    const auto later =
        std::upper_bound(starts_.begin() + 1, starts_.end(), k,
                         [&](uint64_t spike, uint64_t start) { return spike < start - begin_; });
    return static_cast<size_t>(later - starts_.begin()) - 1;
  }

  std::span<const Step> stamps_;
  std::span<const uint32_t> senders_;
  std::span<const uint64_t> starts_;
  uint64_t begin_;
  uint64_t size_;
  Step complete_after_;
  uint64_t forgotten_, recorded_;
};

// Samples of a multimeter.
class SignalView {
 public:
  // `entries` has a record [variable][neuron] for each time.
  SignalView(std::span<const Step> times, const double* entries, size_t variables, size_t neurons,
             Step complete_after)
      : times_(times),
        entries_(entries),
        variables_(variables),
        neurons_(neurons),
        complete_after_(complete_after) {}

  std::span<const Step> times() const { return times_; }
  // The whole record is complete for later times.
  Step complete_after() const { return complete_after_; }

  // A variable of all neurons in one sample.
  std::span<const double> Sample(size_t variable, size_t sample) const {
    return {entries_ + (sample * variables_ + variable) * neurons_, neurons_};
  }

  // A copy of all samples of a variable: row-major, time by neuron.
  std::vector<double> Values(size_t variable) const {
    std::vector<double> values;
    values.reserve(times_.size() * neurons_);
    for (size_t k = 0; k < times_.size(); ++k) {
      const auto sample = Sample(variable, k);
      values.insert(values.end(), sample.begin(), sample.end());
    }
    return values;
  }

 private:
  std::span<const Step> times_;
  const double* entries_;
  size_t variables_, neurons_;
  Step complete_after_;
};

// What a synapse has transmitted, by its number within the projection.
struct TransmittedWeight {
  uint32_t synapse = 0;
  double weight = 0.0;
  bool operator==(const TransmittedWeight&) const = default;
  static void Members(auto& w, auto&& visit) { visit(w.synapse, w.weight); }
};

// Weights that a projection has transmitted, ascending by the stamp of the spike,
// then by synapse.
struct WeightRecordView {
  std::span<const Step> stamps;
  std::span<const TransmittedWeight> weights;
  // The whole record is complete for later stamps.
  Step complete_after;
  // Of the whole record, so far.
  uint64_t forgotten;

  // How many have stamps up to the given one.
  uint64_t CountUntil(Step stamp) const {
    return static_cast<uint64_t>(std::ranges::upper_bound(stamps, stamp) - stamps.begin());
  }
};

// Connections of a projection, ordered by source: each column is copied to where
// the reader wants it, one entry a connection.
class SynapseView {
 public:
  // Connections [first, first + size), which must be there.
  SynapseView(const RuntimeProjection* projection, uint32_t first, uint32_t size)
      : projection_(projection), first_(first), size_(size) {}

  size_t size() const { return size_; }
  void CopySources(uint32_t* to) const;
  void CopyTargets(uint32_t* to) const;
  void CopyWeights(double* to) const;
  // Of a number as Network::SynapseVariable tells.
  void CopyVariable(size_t variable, double* to) const;

 private:
  const RuntimeProjection* projection_;
  uint32_t first_, size_;
};

}  // namespace spiked::engine
