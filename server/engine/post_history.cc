#include "server/engine/post_history.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace spiked::engine {
namespace {

// Entries of the table that a neuron is worth: as much as a few of its spikes.
constexpr size_t kTabulatedPerNeuron = 32;
// Of a neuron, so few that nothing need be forgotten.
constexpr size_t kFewEntries = 8;

}  // namespace

PostHistory::PostHistory(const Grid& grid, std::span<const double> tau_minus, Memory memory)
    : grid_(grid), decays_(memory), state_(tau_minus.size(), memory), needs_(memory) {
  SetTauMinus(tau_minus);
}

void PostHistory::SetTauMinus(std::span<const double> tau_minus) {
  decays_.clear();
  const Memory memory = decays_.get_allocator().resource();
  const bool vary = std::ranges::adjacent_find(tau_minus, std::not_equal_to()) != tau_minus.end();
  if (vary) {
    for (const double tau : tau_minus) decays_.emplace_back(tau, grid_, 0, memory);
  } else if (!tau_minus.empty()) {
    decays_.emplace_back(tau_minus.front(), grid_, tau_minus.size() * kTabulatedPerNeuron, memory);
  }
}

void PostHistory::Append(uint32_t neuron, Step stamp, Needs needs) {
  std::pmr::vector<Entry>& entries = state_.neurons[neuron];
  // Whenever there are twice as many, whatever the memory has room for.
  if (entries.size() >= kFewEntries && std::has_single_bit(entries.size())) {
    UpdateNeeds(needs);
    Prune(&entries);
  }
  double k = 1.0;
  if (!entries.empty()) {
    const Entry& last = entries.back();
    k += last.k_minus * DecayOf(neuron)(stamp - last.stamp);
  }
  entries.push_back({stamp, k});
  state_.recent.push_back({neuron, stamp});
}

std::span<const PostHistory::Entry> PostHistory::Between(uint32_t neuron, Step after,
                                                         Step until) const {
  const std::pmr::vector<Entry>& entries = state_.neurons[neuron];
  // What is asked for is recent: search from the back.
  auto end = entries.end();
  while (end != entries.begin() && std::prev(end)->stamp > until) --end;
  auto begin = end;
  while (begin != entries.begin() && std::prev(begin)->stamp > after) --begin;
  return {begin, end};
}

double PostHistory::KMinus(uint32_t neuron, Step at) const {
  const std::pmr::vector<Entry>& entries = state_.neurons[neuron];
  auto it = entries.end();
  while (it != entries.begin() && std::prev(it)->stamp >= at) --it;
  if (it == entries.begin()) return 0.0;
  --it;
  return it->k_minus * DecayOf(neuron)(at - it->stamp);
}

void PostHistory::ForgetRecent(Step until) {
  NeedsChange();
  std::erase_if(state_.recent, [until](const Recent& r) { return r.stamp <= until; });
}

void PostHistory::UpdateNeeds(Needs needs) {
  if (needs_known_) return;
  needs_known_ = true;
  needs_.clear();
  needs(&needs_);
  std::ranges::sort(needs_, {}, &Interval::after);
  size_t kept = 0;
  for (const Interval& interval : needs_) {
    if (kept > 0 && interval.after <= needs_[kept - 1].until) {
      needs_[kept - 1].until = std::max(needs_[kept - 1].until, interval.until);
    } else {
      needs_[kept++] = interval;
    }
  }
  needs_.resize(kept);
}

void PostHistory::Prune(std::pmr::vector<Entry>* entries) {
  // The last interval reaches into the future. K- asks for the latest spike
  // before any time in it, so the spike that precedes it stays as well.
  const Step open_after = needs_.empty() ? kNever : needs_.back().after;
  const auto open = std::ranges::upper_bound(*entries, open_after, {}, &Entry::stamp);
  const Step last_before = open == entries->begin() ? -1 : std::prev(open)->stamp;
  size_t interval = 0;
  std::erase_if(*entries, [&](const Entry& entry) {
    if (entry.stamp >= last_before) return false;
    while (interval < needs_.size() && needs_[interval].until < entry.stamp) ++interval;
    return interval == needs_.size() || entry.stamp <= needs_[interval].after;
  });
}

void PostHistory::Restore(StateReader& read) {
  read(state_);
  const auto ascend = [&](const std::pmr::vector<Entry>& entries) {
    return std::ranges::is_sorted(entries, {}, &Entry::stamp) &&
           (entries.empty() ||
            (IsTime(entries.front().stamp) && read.HasHappened(entries.back().stamp)));
  };
  const auto exists = [&](const Recent& spike) {
    return spike.neuron < state_.neurons.size() && read.HasHappened(spike.stamp);
  };
  read.Require(
      std::ranges::all_of(state_.neurons, ascend) && std::ranges::all_of(state_.recent, exists),
      "the spikes of a neuron");
}

}  // namespace spiked::engine
