// Letting time pass in a network.
//
// Time advances in slices as long as the shortest delay, so that no spike can
// arrive in the slice in which it was emitted: neurons and devices are updated
// over the whole slice, and what they emitted is handed out when the next one
// begins, that is after whatever the user does to the network in between. A call
// that stops within a slice updates them up to there and leaves the slice open;
// so does a slice that is longer than the rings reach.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/engine/runtime.h"

namespace spiked::engine {
namespace {

// Of a relay, so few that to hand them out one by one takes no longer.
constexpr uint64_t kFewSpikes = 16;

}  // namespace

absl::Status Network::Impl::AdvanceTo(Step until, Crew* crew) {
  if (diverged_) return DivergedError();
  crew_ = crew;
  while (now_ < until) {
    ReleaseDeferred();
    if (now_ == slice_begin_) HandOutSpikes();
    const Step to = std::min({until, slice_end_, now_ + horizon_});
    UpdateSpan(now_, to);
    now_ = to;
    if (now_ == slice_end_) FinishSlice();
  }
  crew_ = nullptr;
  return diverged_ ? DivergedError() : absl::OkStatus();
}

absl::Status Network::Impl::DivergedError() const {
  const PopulationInfo& population = populations_[diverged_->population].info;
  return ReasonError(absl::StatusCode::kOutOfRange, "NOT_FINITE",
                     absl::StrCat("a current or the potential of neuron ", diverged_->neuron,
                                  " of population '", name_, "/", population.name,
                                  "' has left the finite numbers; the simulation cannot go on"));
}

// Calls work(k) for each k < n, on all threads that there are.
template <typename Work>
void Network::Impl::ForEach(size_t n, const Work& work) {
  if (crew_ != nullptr && n > 1) {
    crew_->ForEach(static_cast<uint32_t>(n), work);
  } else {
    for (size_t k = 0; k < n; ++k) work(static_cast<uint32_t>(k));
  }
}

void Network::Impl::UpdateSpan(Step from, Step to) {
  const size_t first = spikes_.size();
  for (const int k : generators_) {
    SpikeSchedule& schedule = *populations_[k].schedule;
    while (schedule.next < schedule.spikes.size() && schedule.spikes[schedule.next].stamp <= to) {
      const Spike& spike = schedule.spikes[schedule.next++];
      if (schedule.windows[spike.index].HasStamp(spike.stamp)) spikes_.push_back(spike);
    }
  }
  for (const int k : relays_) {
    populations_[k].arrivals->Take(from, to,
                                   [&](uint32_t index, Step arrival, uint64_t multiplicity) {
                                     spikes_.push_back({.stamp = arrival,
                                                        .population = static_cast<uint32_t>(k),
                                                        .index = index,
                                                        .multiplicity = multiplicity});
                                   });
  }
  for (Transmitter& transmitter : transmitters_) {
    populations_[transmitter.population].arrivals->Take(
        from, to, [&](uint32_t, Step arrival, uint64_t multiplicity) {
          transmitter.pending.push_back({arrival, multiplicity});
        });
  }
  for (RuntimeGroup& group : groups_) AdvanceGroup(&group, from, to);
  if (spikes_.size() > first) NoteEmitted(first);
}

// A group runs from one point at which something from outside touches it, such
// as a new current or a sample to be taken, to the next.
void Network::Impl::AdvanceGroup(RuntimeGroup* group, Step from, Step to) {
  for (Step at = from; at < to;) {
    if (group->currents_change <= at) RefreshCurrents(group, at);
    Step next = std::min(to, group->currents_change);
    for (const int k : group->multimeters) {
      const Step interval = multimeters_[k].info.interval;
      next = std::min(next, (at / interval + 1) * interval);
    }
    ForEach(group->fired.size(), [&](uint32_t block) {
      group->neurons->Advance(at, next, block * kBlockLanes, &group->fired[block]);
    });
    group->neurons->ForgetArrivals(at, next);
    at = next;
    if (group->neurons->diverged()) NoteDiverged(*group);
    for (const int k : group->multimeters) {
      RuntimeMultimeter& multimeter = multimeters_[k];
      if (at % multimeter.info.interval == 0 && multimeter.window.HasStamp(at)) {
        TakeSample(&multimeter, at);
      }
    }
  }
  for (std::pmr::vector<NeuronSpike>& fired : group->fired) {
    for (const NeuronSpike& spike : fired) {
      spikes_.push_back({.stamp = spike.stamp,
                         .population = group->population_of[spike.lane],
                         .index = group->index_of[spike.lane],
                         .multiplicity = 1});
    }
    fired.clear();
  }
}

// The first such neuron, in order of creation.
void Network::Impl::NoteDiverged(const RuntimeGroup& group) {
  for (uint32_t lane = 0; lane < group.neurons->lanes() && !diverged_; ++lane) {
    if (group.neurons->IsFinite(lane)) continue;
    diverged_ = Diverged{group.population_of[lane], group.index_of[lane]};
  }
}

// Sums the currents that drive the step that begins at `at`.
void Network::Impl::RefreshCurrents(RuntimeGroup* group, Step at) {
  group->currents_change = kNever;
  if (group->current_projections.empty()) return;
  std::ranges::fill(group->device_currents, 0.0);
  for (const int number : group->current_projections) {
    const RuntimeProjection& p = projections_[number];
    CurrentDevices& devices = *populations_[p.source].currents;
    const Step delay = p.synapses.delays().shortest, k = at - delay;
    if (k < p.begin) {
      group->currents_change = std::min(group->currents_change, p.begin + delay);
      continue;
    }
    const auto amplitudes = devices.Amplitudes(k, p.synapses, static_cast<uint32_t>(number));
    double* sums = group->device_currents.data() + populations_[p.target].first_lane;
    for (uint32_t s = 0; s < p.synapses.size(); ++s) {
      sums[p.synapses.targets()[s]] += p.synapses.weight(s) * amplitudes[s];
    }
    const Step change = devices.NextChange(k);
    if (change != kNever) {
      group->currents_change = std::min(group->currents_change, change + delay);
    }
  }
  group->neurons->SetDeviceCurrents(group->device_currents);
}

void Network::Impl::TakeSample(RuntimeMultimeter* multimeter, Step at) {
  const RuntimePopulation& population = populations_[multimeter->population];
  const NeuronGroup& neurons = *groups_[population.group].neurons;
  double* entry = multimeter->samples->Append(at);
  for (const size_t variable : multimeter->variables) {
    for (uint32_t k = 0; k < multimeter->info.neurons; ++k) {
      const uint32_t neuron = multimeter->neurons.empty() ? k : multimeter->neurons[k];
      *entry++ = neurons.Recorded(variable, population.first_lane + neuron);
    }
  }
}

// Spikes from number `first` on have just been emitted: records and traces take
// note, in order of time.
void Network::Impl::NoteEmitted(size_t first) {
  const auto emitted = std::span(spikes_).subspan(first);
  SortSpikes(emitted, &Spike::ByTime);
  for (const Spike& spike : emitted) {
    RuntimePopulation& population = populations_[spike.population];
    if (population.recorder != nullptr && population.record_window.HasStamp(spike.stamp)) {
      population.recorder->Record(spike.stamp, spike.index, spike.multiplicity);
    }
    if (population.history != nullptr) population.history->Append(spike.index, spike.stamp);
    for (const int k : population.watched_as_source) {
      projections_[k].rule->OnSourceFired(spike.index, spike.stamp);
    }
    for (const int k : population.watched_as_target) {
      projections_[k].rule->OnTargetFired(spike.index, spike.stamp);
    }
  }
}

void Network::Impl::FinishSlice() {
  ++slices_;
  DeliverDopamine();
  // What enters the rings' reach now was emitted before what follows.
  ReleaseDeferred();
  for (const int k : poisson_projections_) {
    const auto& synapses = projections_[k].synapses;
    projections_[k].poisson->ForEachSpike(
        slice_begin_, now_, [&](const PoissonInput::Event& event) {
          Transmit(&blocks_[synapses.BlockOf(event.synapse)], static_cast<uint32_t>(k),
                   event.synapse, event.synapse + 1,
                   event.stamp + synapses.DelayOf(event.row, event.synapse), event.multiplicity);
        });
  }
  slice_begin_ = now_;
  slice_end_ = now_ + slice_;
  for (const int k : plastic_populations_) {
    populations_[k].history->ForgetRecent(now_ - populations_[k].recent_window);
  }
  for (const int k : watching_projections_) projections_[k].rule->Tidy(now_);
}

void Network::Impl::DeliverDopamine() {
  for (Transmitter& transmitter : transmitters_) {
    if (slices_ % transmitter.deliver_interval != 0) continue;
    for (const int k : transmitter.projections) {
      SynapseRule& rule = *projections_[k].rule;
      rule.BeginDelivery(now_);
      ForEach(projections_[k].synapses.blocks(), [&](uint32_t block) {
        DeliveryPlace place;
        rule.Deliver(block, now_, std::numeric_limits<uint64_t>::max(), &place);
      });
      rule.EndDelivery(now_);
    }
    transmitter.pending.clear();
  }
}

// Puts into the rings what has come within their reach.
void Network::Impl::ReleaseDeferred() {
  for (Block& block : blocks_) {
    std::pmr::vector<Deferred>& deferred = block.deferred;
    while (!deferred.empty() && deferred.front().arrival <= now_ + horizon_) {
      std::pop_heap(deferred.begin(), deferred.end());
      const Deferred d = deferred.back();
      deferred.pop_back();
      Arrive(projections_[d.projection], d.begin, d.end, d.arrival, d.multiplicity,
             d.weighted ? &d.weight : nullptr);
    }
  }
}

void Network::Impl::HandOutSpikes() {
  if (spikes_.empty()) return;
  // Where weights meet at the same neuron and step, the sender decides their
  // order. With one delay for all they meet only if they were emitted in the
  // same step, and going by time finds the target's memory still at hand.
  if (one_delay()) {
    SortSpikes(spikes_, &Spike::ByTime);
  } else {
    SortSpikes(spikes_, &Spike::BySender);
  }
  ForEach(blocks_.size(), [this](uint32_t block) { HandOutTo(block); });
  spikes_.clear();
}

void Network::Impl::HandOutTo(uint32_t block) {
  for (size_t s = 0; s < spikes_.size(); ++s) {
    const Spike& spike = spikes_[s];
    if (blocks_.size() > 1 && s + 1 < spikes_.size()) {  // else all is at hand already
      const Spike& next = spikes_[s + 1];
      for (const int k : populations_[next.population].outgoing) {
        const auto& synapses = projections_[k].synapses;
        if (block < synapses.blocks()) synapses.Prefetch(next.index, block);
      }
    }
    const RuntimePopulation& sender = populations_[spike.population];
    // What a relay sends are so many spikes, one after another.
    if (sender.model->repeats_spikes && spike.multiplicity > 1 &&
        !(spike.multiplicity > kFewSpikes && GoApart(spike))) {
      for (uint64_t k = 0; k < spike.multiplicity; ++k) HandOutOne(spike, block, 1);
    } else {
      HandOutOne(spike, block, spike.multiplicity);
    }
  }
}

// Whether no two synapses of the sender add to the same number, so that the
// order of its spikes at one synapse is all that matters.
bool Network::Impl::GoApart(const Spike& spike) const {
  std::pmr::vector<std::tuple<uint32_t, uint32_t, Step>> ends(spikes_.get_allocator());
  for (const int k : populations_[spike.population].outgoing) {
    const RuntimeProjection& p = projections_[k];
    for (uint32_t block = 0; block < p.synapses.blocks(); ++block) {
      p.synapses.ForEachDelay(spike.index, block, [&](uint32_t begin, uint32_t end, Step delay) {
        for (uint32_t s = begin; s < end; ++s) {
          ends.emplace_back(p.target, p.synapses.targets()[s], delay);
        }
      });
    }
  }
  std::ranges::sort(ends);
  return std::ranges::adjacent_find(ends) == ends.end();
}

void Network::Impl::HandOutOne(const Spike& spike, uint32_t block, uint64_t multiplicity) {
  for (const int k : populations_[spike.population].outgoing) {
    RuntimeProjection& p = projections_[k];
    if (block >= p.synapses.blocks()) continue;
    if (spike.stamp <= extended_ && spike.stamp <= p.begin) continue;
    // A plastic synapse handles what a relay sends spike by spike.
    const bool one_by_one = p.plastic() && populations_[spike.population].model->repeats_spikes;
    const uint64_t times = one_by_one ? multiplicity : 1;
    for (uint64_t time = 0; time < times; ++time) {
      const CellPart cell = {.row = spike.index,
                             .block = block,
                             .begin = p.synapses.cell_begin(spike.index, block),
                             .end = p.synapses.cell_end(spike.index, block),
                             .last = true};
      const double factor = p.plastic() ? p.rule->OnSourceSpike(cell, spike.stamp) : 1.0;
      p.synapses.ForEachDelay(spike.index, block, [&](uint32_t begin, uint32_t end, Step delay) {
        Transmit(&blocks_[block], static_cast<uint32_t>(k), begin, end, spike.stamp + delay,
                 one_by_one ? 1 : multiplicity, factor);
      });
    }
  }
}

void Network::Impl::Transmit(Block* block, uint32_t projection, uint32_t begin, uint32_t end,
                             Step arrival, uint64_t multiplicity, double factor) {
  const RuntimeProjection& p = projections_[projection];
  if (arrival <= now_ + horizon_) {
    Arrive(p, begin, end, arrival, multiplicity, nullptr, factor);
    return;
  }
  Deferred d = {.arrival = arrival,
                .order = 0,
                .projection = projection,
                .begin = begin,
                .end = end,
                .multiplicity = multiplicity,
                .weighted = p.plastic(),
                .weight = 0.0};
  const uint32_t stride = d.weighted ? 1 : end - begin;
  for (uint32_t k = begin; k < end; k += stride) {
    d.order = block->deferrals++;
    d.begin = k;
    d.end = k + stride;
    d.weight = factor * p.synapses.weight(k);
    block->deferred.push_back(d);
    std::push_heap(block->deferred.begin(), block->deferred.end());
  }
}

void Network::Impl::Arrive(const RuntimeProjection& p, uint32_t begin, uint32_t end, Step arrival,
                           uint64_t multiplicity, const double* frozen, double own_factor) {
  const RuntimePopulation& target = populations_[p.target];
  const uint32_t* targets = p.synapses.targets().data() + begin;
  if (target.arrivals != nullptr) {
    for (uint32_t k = 0; k < end - begin; ++k) {
      target.arrivals->Add(targets[k], arrival, multiplicity);
    }
    return;
  }
  NeuronGroup& neurons = *groups_[target.group].neurons;
  if (multiplicity > 1 && populations_[p.source].model->repeats_spikes) {
    for (uint32_t k = 0; k < end - begin; ++k) {
      neurons.AddWeightRepeatedly(arrival, target.first_lane + targets[k],
                                  frozen != nullptr ? *frozen : p.synapses.weight(begin + k),
                                  multiplicity);
    }
    return;
  }
  const double factor = own_factor * static_cast<double>(multiplicity);
  if (frozen != nullptr || p.synapses.shared_weight()) {
    const double weight = frozen != nullptr ? *frozen : p.synapses.weight(begin);
    neurons.AddWeight(arrival, target.first_lane, targets, weight * factor, end - begin);
  } else {
    neurons.AddWeights(arrival, target.first_lane, targets, p.synapses.weights_from(begin),
                       end - begin, factor);
  }
}

void Network::Impl::FreezeUnderWay(uint32_t projection) {
  const auto& synapses = projections_[projection].synapses;
  for (Block& block : blocks_) {
    std::pmr::vector<Deferred> all(&memory_);
    for (const Deferred& d : block.deferred) {
      if (d.projection != projection || d.weighted) {
        all.push_back(d);
        continue;
      }
      for (uint32_t k = d.begin; k < d.end; ++k) {
        Deferred one = d;
        one.begin = k;
        one.end = k + 1;
        one.weighted = true;
        one.weight = synapses.weight(k);
        all.push_back(one);
      }
    }
    block.deferred = std::move(all);
    std::make_heap(block.deferred.begin(), block.deferred.end());
  }
}

}  // namespace spiked::engine
