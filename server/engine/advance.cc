// Letting time pass in a network.
//
// Time advances in slices as long as the shortest delay, so that no spike can
// arrive in the slice in which it was emitted: neurons and devices are updated
// over the whole slice, and what they emitted is handed out when the next one
// begins, that is after whatever the user does to the network in between. A call
// that ends within a slice updates them up to there and leaves the slice open;
// so does a slice that is longer than the rings reach, or than can be passed
// without asking whether to stop.
//
// Time passes for all neurons in one go. What comes between, handing out spikes
// and finishing a slice, takes as long as there are synapses to visit, and can be
// left in its midst: how far it has come is state (Between and the places of
// Block), and the next call goes on from there. Blocks work in rounds of a fixed
// amount, so that where they are when it is left does not depend on threads.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/engine/pace.h"
#include "server/engine/runtime.h"

namespace spiked::engine {
namespace {

// Of a relay, so few that to hand them out one by one takes no longer.
constexpr uint64_t kFewSpikes = 16;

// Of what a relay emits at once, as many leave their trace at plastic synapses onto it.
constexpr uint64_t kMostTraced = 1000;

// Blocks that work at a time.
constexpr size_t kBlocksAtATime = 16;
// How much is done without asking, relative to the work between two askings: by
// blocks together, and while time passes, where it is shared and done in one go.
constexpr uint64_t kRound = 2, kSpan = 8;

// The work of visiting things, as Pace counts it.
constexpr uint64_t kSynapseWork = 1, kPlasticWork = 32, kSpikeWork = 8, kDeferredWork = 64,
                   kPoissonWork = 2;
// Of letting time pass at all.
constexpr uint64_t kPassWork = 64;
// Synapses of a cell that are visited in one go: this share of that work.
constexpr uint64_t kPartShare = 8;

}  // namespace

bool Network::Advance(std::span<const std::unique_ptr<Network>> networks, Step until, Crew* crew,
                      Pace* pace) {
  for (const auto& network : networks) network->impl_->Begin(crew, pace);
  for (;;) {
    for (const auto& network : networks) {
      if (!network->impl_->FinishSlice()) return false;
    }
    if (networks.empty() || networks.front()->impl_->now_ == until) return true;
    Step to = until;
    for (const auto& network : networks) {
      if (!network->impl_->HandOutSpikes()) return false;
      to = std::min(to, network->impl_->Reachable());
    }
    uint64_t work = 0;
    for (const auto& network : networks) work += network->impl_->Pass(to);
    for (const auto& network : networks) {
      if (!network->impl_->mirrors_.empty()) network->impl_->Mirror(networks);
    }
    for (const auto& network : networks) {
      if (network->impl_->HasEmitted()) network->impl_->NoteEmitted();
    }
    if (engine::Spend(pace, work)) return false;
  }
}

void Network::Impl::Begin(Crew* crew, Pace* pace) {
  crew_ = crew;
  pace_ = pace;
  const uint64_t between = pace != nullptr ? pace->work_between_asks() : Pace::kWorkBetweenAsks;
  part_synapses_ = static_cast<uint32_t>(1 + between / kPartShare);
  quota_ = std::max<uint64_t>(1, kRound * between / std::min(blocks_.size(), kBlocksAtATime));
  step_work_ = 0;
  for (const RuntimeGroup& group : groups_) step_work_ += group.neurons->lanes();
  for (const int k : relays_) step_work_ += populations_[k].info.size;
  span_ = std::max<Step>(1, static_cast<Step>(kSpan * between / (1 + step_work_)));
}

Step Network::Impl::Reachable() const {
  return std::min(slice_end_, now_ + std::min(horizon_, span_));
}

// Lets time pass for neurons and devices; returns the work.
uint64_t Network::Impl::Pass(Step to) {
  emitted_begin_ = spikes_.size();
  const uint64_t work = step_work_ * static_cast<uint64_t>(to - now_);
  UpdateSpan(now_, to);
  emitted_end_ = spikes_.size();
  now_ = to;
  if (now_ == slice_end_) {
    ++slices_;
    between_.stage = Between::kDelivering;
  }
  return kPassWork + work + kSpikeWork * (emitted_end_ - emitted_begin_);
}

void Network::Impl::Mirror(std::span<const std::unique_ptr<Network>> networks) {
  for (const int k : mirrors_) {
    const auto& mirrored = populations_[k].mirrored;
    if (!mirrored) continue;
    const auto network = std::ranges::find(networks, mirrored->network, &Network::number);
    if (network == networks.end()) continue;
    const Impl& other = *(*network)->impl_;
    for (size_t n = other.emitted_begin_; n < other.emitted_end_; ++n) {
      if (other.spikes_[n].population != mirrored->population) continue;
      Spike spike = other.spikes_[n];
      spike.population = static_cast<uint32_t>(k);
      spikes_.push_back(spike);
    }
  }
}

absl::Status Network::Impl::status() const {
  if (!diverged_) return absl::OkStatus();
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

// Calls work(block, quota), which goes on with a block and returns how much it has
// done, until all blocks have done less than their quota, or the pace says stop;
// then false.
template <typename Work>
bool Network::Impl::InRounds(const Work& work) {
  const size_t blocks = blocks_.size();
  if (blocks == 1) {  // in a small network every moment counts
    for (;;) {
      const uint64_t done = work(uint32_t{0}, quota_);
      if (engine::Spend(pace_, done)) return false;
      if (done < quota_) return true;
    }
  }
  for (size_t first = 0; first < blocks; first += kBlocksAtATime) {
    const size_t n = std::min(kBlocksAtATime, blocks - first);
    std::array<uint64_t, kBlocksAtATime> done{};
    do {
      ForEach(n, [&](uint32_t k) { done[k] = work(static_cast<uint32_t>(first + k), quota_); });
      if (engine::Spend(pace_, std::accumulate(done.begin(), done.end(), uint64_t{0}))) {
        return false;
      }
    } while (std::ranges::any_of(done, [&](uint64_t d) { return d >= quota_; }));
  }
  return true;
}

void Network::Impl::UpdateSpan(Step from, Step to) {
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
      // A current holds from its grid point on, a spike is emitted before its stamp.
      if (p.IsCut(s, k + 1)) continue;
      sums[p.synapses.targets()[s]] += p.synapses.weight(s) * amplitudes[s];
    }
    for (const Step cut : p.cut_after) {
      if (cut > k && cut != kNever) {
        group->currents_change = std::min(group->currents_change, cut + delay);
      }
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

// In order of time.
void Network::Impl::NoteEmitted() {
  const auto emitted = std::span(spikes_).subspan(emitted_begin_);
  SortSpikes(emitted, &Spike::ByTime);
  for (const Spike& spike : emitted) {
    emitted_ += spike.multiplicity;
    RuntimePopulation& population = populations_[spike.population];
    if (population.recorder != nullptr && population.record_window.HasStamp(spike.stamp)) {
      population.recorder->Record(spike.stamp, spike.index, spike.multiplicity);
    }
    if (population.history != nullptr) {
      const auto needs = [&](std::pmr::vector<PostHistory::Interval>* intervals) {
        for (const int k : population.history_readers) {
          projections_[k].rule->AppendNeeds(slice_begin_, intervals);
        }
      };
      const uint64_t traced = std::min(spike.multiplicity, kMostTraced);
      for (uint64_t k = 0; k < traced; ++k) {
        population.history->Append(spike.index, spike.stamp, needs);
      }
    }
    for (const int k : population.watched_as_source) {
      projections_[k].rule->OnSourceFired(spike.index, spike.stamp);
    }
    for (const int k : population.watched_as_target) {
      projections_[k].rule->OnTargetFired(spike.index, spike.stamp);
    }
  }
  // What leads nowhere need not wait for the end of the slice.
  const auto kept = std::remove_if(
      spikes_.begin() + static_cast<ptrdiff_t>(emitted_begin_), spikes_.end(),
      [this](const Spike& spike) { return populations_[spike.population].outgoing.empty(); });
  spikes_.erase(kept, spikes_.end());
}

Activity Network::Impl::TakeActivity() {
  Activity activity{.spikes = std::exchange(emitted_, 0)};
  for (Block& block : blocks_) activity.synaptic_events += std::exchange(block.transmitted, 0);
  return activity;
}

bool Network::Impl::FinishSlice() {
  switch (between_.stage) {
    case Between::kNothing:
      return true;
    case Between::kDelivering:
      if (!transmitters_.empty() && !DeliverDopamine()) return false;
      between_ = {.stage = Between::kReleasing};
      [[fallthrough]];
    case Between::kReleasing:
      // What enters the rings' reach now was emitted before what follows.
      if (!HandOutWhatIsInReach()) return false;
      between_ = {.stage = Between::kDrawing};
      [[fallthrough]];
    case Between::kDrawing:
      if (!HandOutPoisson()) return false;
      slice_begin_ = now_;
      slice_end_ = now_ + slice_;
      for (const int k : plastic_populations_) {
        populations_[k].history->ForgetRecent(now_ - populations_[k].recent_window);
      }
      between_ = {.stage = Between::kTidying};
      [[fallthrough]];
    case Between::kTidying:
      for (; between_.part < watching_projections_.size(); ++between_.part) {
        if (!projections_[watching_projections_[between_.part]].rule->Tidy(now_, pace_)) {
          return false;
        }
      }
  }
  between_ = {};
  return true;
}

bool Network::Impl::DeliverDopamine() {
  for (; between_.part < transmitters_.size(); ++between_.part, between_.rule = 0) {
    Transmitter& transmitter = transmitters_[between_.part];
    if (slices_ % transmitter.deliver_interval != 0) continue;
    for (; between_.rule < transmitter.projections.size(); ++between_.rule) {
      const RuntimeProjection& p = projections_[transmitter.projections[between_.rule]];
      if (!between_.begun) {
        p.rule->BeginDelivery(now_);
        for (Block& block : blocks_) block.delivery = {};
        between_.begun = true;
      }
      const auto deliver = [&](uint32_t block, uint64_t quota) {
        if (block >= p.synapses.blocks()) return uint64_t{0};
        return p.rule->Deliver(block, now_, quota, &blocks_[block].delivery);
      };
      if (!InRounds(deliver)) return false;
      p.rule->EndDelivery(now_);
      between_.begun = false;
    }
    transmitter.pending.clear();
  }
  return true;
}

bool Network::Impl::HandOutPoisson() {
  for (; between_.part < poisson_projections_.size(); ++between_.part, between_.events = 0) {
    const auto number = static_cast<uint32_t>(poisson_projections_[between_.part]);
    if (projections_[number].late) continue;
    PoissonInput& poisson = *projections_[number].poisson;
    const auto carried = poisson.carried();
    while (between_.events < carried.size()) {
      const PoissonInput::Event& event = carried[between_.events++];
      HandOut(event, number, &blocks_[projections_[number].synapses.BlockOf(event.synapse)]);
      if (engine::Spend(pace_, kSpikeWork)) return false;
    }
    if (poisson.AnyFollow(slice_begin_, now_)) {
      if (!between_.begun) {
        for (Block& block : blocks_) block.place = {};
        between_.begun = true;
      }
      const auto hand_out = [&](uint32_t block, uint64_t quota) {
        return HandOutPoissonTo(block, number, quota);
      };
      if (!InRounds(hand_out)) return false;
      between_.begun = false;
    }
    poisson.ForgetCarried();
  }
  return true;
}

uint64_t Network::Impl::HandOutPoissonTo(uint32_t block, uint32_t projection, uint64_t quota) {
  const RuntimeProjection& p = projections_[projection];
  if (block >= p.synapses.blocks()) return 0;
  Block& to = blocks_[block];
  uint64_t& done = to.place.spike;
  const auto drawn = p.poisson->Drawn(block, slice_begin_);
  const auto rest = drawn.subspan(std::min<uint64_t>(done, drawn.size()));
  const auto events = rest.first(std::min<uint64_t>(rest.size(), 1 + quota / kPoissonWork));
  const RuntimePopulation& target = populations_[p.target];
  // There are many of these, so that it is done here what Transmit would do.
  NeuronGroup* neurons = target.arrivals == nullptr ? groups_[target.group].neurons.get() : nullptr;
  const uint32_t* targets = p.synapses.targets().data();
  for (const PoissonInput::Event& event : events) {
    if (!p.poisson->Follows(event, slice_begin_, now_)) continue;
    const Step arrival = event.stamp + p.synapses.DelayOf(event.row, event.synapse);
    if (neurons == nullptr || arrival > now_ + horizon_) {
      HandOut(event, projection, &to);
    } else if (!p.IsCut(event.synapse, event.stamp)) {
      to.transmitted += event.multiplicity;
      neurons->AddWeight(arrival, target.first_lane + targets[event.synapse],
                         p.synapses.weight(event.synapse) * event.multiplicity);
    }
  }
  done += events.size();
  return kPoissonWork * events.size();
}

void Network::Impl::HandOut(const PoissonInput::Event& event, uint32_t projection, Block* block) {
  const RuntimeProjection& p = projections_[projection];
  if (p.IsCut(event.synapse, event.stamp)) return;
  Transmit(block, projection, event.synapse, event.synapse + 1,
           event.stamp + p.synapses.DelayOf(event.row, event.synapse), event.multiplicity);
}

// After what has waited and before what is emitted later, at whatever times this
// is called.
bool Network::Impl::HandOutLatePoisson() {
  for (const int k : poisson_projections_) {
    const RuntimeProjection& p = projections_[k];
    if (!p.late) continue;
    const Step until = now_ + late_horizon_ - p.synapses.delays().shortest;
    while (p.drawn < until) {
      HandOutLatePoisson(static_cast<uint32_t>(k), until);
      if (engine::Spend(pace_, kPassWork)) return false;
    }
  }
  return true;
}

// As far as is drawn in one go.
void Network::Impl::HandOutLatePoisson(uint32_t projection, Step until) {
  RuntimeProjection& p = projections_[projection];
  const Step end = std::min(until, p.poisson->SliceEnd(p.drawn));
  uint64_t spikes = 0;
  p.poisson->ForEachSpike(p.drawn, end, [&](const PoissonInput::Event& event) {
    ++spikes;
    HandOut(event, projection, &blocks_[p.synapses.BlockOf(event.synapse)]);
  });
  p.drawn = end;
  engine::Spend(pace_, spikes * kSpikeWork);
}

void Network::Impl::CatchUp(uint32_t projection) {
  const RuntimeProjection& p = projections_[projection];
  if (!p.late) return;
  pace_ = nullptr;  // that of a call that has ended
  while (p.drawn < now_) HandOutLatePoisson(projection, now_);
}

// Puts into the rings what has come within their reach.
bool Network::Impl::ReleaseDeferred() {
  const auto due = [this](const Block& block) {
    return !block.deferred.empty() && block.deferred.front().arrival <= now_ + horizon_;
  };
  if (std::ranges::none_of(blocks_, due)) return true;
  return InRounds([&](uint32_t number, uint64_t quota) {
    Block& block = blocks_[number];
    auto& deferred = block.deferred;
    uint64_t work = 0;
    while (work < quota && due(block)) {
      std::pop_heap(deferred.begin(), deferred.end());
      const Deferred d = deferred.back();
      deferred.pop_back();
      Arrive(projections_[d.projection], d.begin, d.end, d.arrival, d.multiplicity,
             d.weighted ? &d.weight : nullptr);
      work += kDeferredWork + d.end - d.begin;
    }
    return work;
  });
}

bool Network::Impl::HandOutSpikes() {
  if (!HandOutWhatIsInReach()) return false;
  if (now_ != slice_begin_ || spikes_.empty()) return true;
  if (!handing_out_) {
    // Where weights meet at the same neuron and step, the sender decides their
    // order. With one delay for all they meet only if they were emitted in the
    // same step, and going by time, as they were emitted, finds the target's
    // memory still at hand.
    if (!one_delay()) SortSpikes(spikes_, &Spike::BySender);
    for (Block& block : blocks_) block.place = {};
    handing_out_ = true;
  }
  if (!InRounds([this](uint32_t block, uint64_t quota) { return HandOutTo(block, quota); })) {
    return false;
  }
  spikes_.clear();
  handing_out_ = false;
  RecordNoted();
  return true;
}

void Network::Impl::RecordNoted() {
  const auto empty = [](const Block& block) { return block.noted.empty(); };
  if (std::ranges::all_of(blocks_, empty)) return;
  std::pmr::vector<NotedWeight> all(&memory_);
  for (Block& block : blocks_) {
    all.insert(all.end(), block.noted.begin(), block.noted.end());
    block.noted.clear();
  }
  std::ranges::stable_sort(all, {}, &NotedWeight::Order);
  for (const NotedWeight& noted : all) {
    // Which may be another one since the slice began.
    const auto& record = projections_[noted.projection].record;
    if (record != nullptr && record->HasStamp(noted.stamp)) {
      record->Add(noted.stamp, noted.weight);
    }
  }
}

uint64_t Network::Impl::HandOutTo(uint32_t block, uint64_t quota) {
  HandOutPlace& at = blocks_[block].place;
  uint64_t work = 0;
  for (; at.spike < spikes_.size() && work < quota; ++at.spike) {
    const Spike& spike = spikes_[at.spike];
    if (blocks_.size() > 1 && at.spike + 1 < spikes_.size()) {  // else all is at hand already
      PrefetchSynapses(spikes_[at.spike + 1], block);
    }
    // What a relay sends are so many spikes, one after another.
    const bool one_by_one = populations_[spike.population].model->repeats_spikes &&
                            spike.multiplicity > 1 &&
                            !(spike.multiplicity > kFewSpikes && GoApart(spike, block));
    const uint64_t times = one_by_one ? spike.multiplicity : 1;
    for (; at.time < times; ++at.time) {
      if (!HandOutOne(spike, block, one_by_one ? 1 : spike.multiplicity, quota, &work)) return work;
    }
    at.time = 0;
    work += kSpikeWork;
  }
  return work;
}

void Network::Impl::PrefetchSynapses(const Spike& spike, uint32_t block) const {
  for (const int k : populations_[spike.population].outgoing) {
    const auto& synapses = projections_[k].synapses;
    if (block < synapses.blocks()) synapses.Prefetch(spike.index, block);
  }
}

// Goes on from the block's place until the quota is reached; then false.
bool Network::Impl::HandOutOne(const Spike& spike, uint32_t block, uint64_t multiplicity,
                               uint64_t quota, uint64_t* work) {
  const RuntimePopulation& sender = populations_[spike.population];
  HandOutPlace& at = blocks_[block].place;
  for (; at.outgoing < sender.outgoing.size(); ++at.outgoing) {
    const auto number = static_cast<uint32_t>(sender.outgoing[at.outgoing]);
    RuntimeProjection& p = projections_[number];
    if (block >= p.synapses.blocks()) continue;
    if (spike.stamp <= extended_ && spike.stamp <= p.begin) continue;
    const uint32_t begin = p.synapses.cell_begin(spike.index, block);
    const uint32_t end = p.synapses.cell_end(spike.index, block);
    // A plastic synapse handles what a relay sends spike by spike.
    const bool one_by_one = p.plastic() && sender.model->repeats_spikes;
    const uint64_t times = one_by_one ? multiplicity : 1;
    // Else what a block's targets have in the rings is at hand.
    const bool scattered = blocks_.size() > 1 && !p.synapses.uniform_delay() &&
                           populations_[p.target].arrivals == nullptr &&
                           !sender.model->repeats_spikes;
    for (; at.repetition < times; ++at.repetition) {
      do {
        if (*work >= quota) return false;
        CellPart part = {.row = spike.index,
                         .block = block,
                         .begin = begin + at.synapses,
                         .end = end,
                         .last = true};
        if (end - part.begin > part_synapses_) {
          part.end = part.begin + part_synapses_;
          part.last = false;
        }
        const double factor = p.plastic() ? p.rule->OnSourceSpike(part, spike.stamp) : 1.0;
        if (p.selective()) [[unlikely]] {
          // Of what a relay sends a static synapse is noted once.
          TransmitSelectively(&blocks_[block], number, part, spike.stamp,
                              one_by_one ? 1 : multiplicity, factor,
                              /*note=*/one_by_one || at.time == 0);
        } else if (scattered) {
          TransmitScattered(&blocks_[block], number, part, spike.stamp, multiplicity, factor);
        } else {
          p.synapses.ForEachDelay(spike.index, block, part.begin, part.end,
                                  [&](uint32_t from, uint32_t to, Step delay) {
                                    Transmit(&blocks_[block], number, from, to, spike.stamp + delay,
                                             one_by_one ? 1 : multiplicity, factor);
                                  });
        }
        *work += (part.end - part.begin) * (p.plastic() ? kPlasticWork : kSynapseWork) + kSpikeWork;
        at.synapses = part.end - begin;
      } while (begin + at.synapses < end);
      at.synapses = 0;
    }
    at.repetition = 0;
  }
  at.outgoing = 0;
  return true;
}

// Whether no two synapses of the sender to a block add to the same number, so
// that the order of its spikes at one synapse is all that matters.
bool Network::Impl::GoApart(const Spike& spike, uint32_t block) const {
  std::pmr::vector<std::tuple<uint32_t, uint32_t, Step>> ends(spikes_.get_allocator());
  for (const int k : populations_[spike.population].outgoing) {
    const RuntimeProjection& p = projections_[k];
    if (block >= p.synapses.blocks()) continue;
    p.synapses.ForEachDelay(spike.index, block, [&](uint32_t begin, uint32_t end, Step delay) {
      for (uint32_t s = begin; s < end; ++s) {
        ends.emplace_back(p.target, p.synapses.targets()[s], delay);
      }
    });
  }
  std::ranges::sort(ends);
  return std::ranges::adjacent_find(ends) == ends.end();
}

void Network::Impl::Transmit(Block* block, uint32_t projection, uint32_t begin, uint32_t end,
                             Step arrival, uint64_t multiplicity, double factor) {
  const RuntimeProjection& p = projections_[projection];
  block->transmitted += (end - begin) * multiplicity;
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

// As Transmit does, to neurons of a large network and at many different times.
void Network::Impl::TransmitScattered(Block* block, uint32_t projection, const CellPart& part,
                                      Step stamp, uint64_t multiplicity, double factor) {
  const RuntimeProjection& p = projections_[projection];
  const RuntimePopulation& target = populations_[p.target];
  NeuronGroup& neurons = *groups_[target.group].neurons;
  const uint32_t* targets = p.synapses.targets().data();
  const size_t stride = p.synapses.shared_weight() ? 0 : 1;  // of weights
  const double weight_factor = factor * static_cast<double>(multiplicity);
  Scatter scatter;
  p.synapses.ForEachDelay(part.row, part.block, part.begin, part.end,
                          [&](uint32_t from, uint32_t to, Step delay) {
                            const Step arrival = stamp + delay;
                            if (arrival > now_ + horizon_) {
                              Transmit(block, projection, from, to, arrival, multiplicity, factor);
                              return;
                            }
                            block->transmitted += (to - from) * multiplicity;
                            neurons.AddWeights(arrival, target.first_lane, targets + from,
                                               p.synapses.weights_from(from * stride), stride,
                                               to - from, weight_factor, &scatter);
                          });
}

void Network::Impl::TransmitSelectively(Block* block, uint32_t projection, const CellPart& part,
                                        Step stamp, uint64_t multiplicity, double factor,
                                        bool note) {
  const RuntimeProjection& p = projections_[projection];
  note = note && p.record != nullptr && p.record->HasStamp(stamp);
  p.synapses.ForEachDelay(
      part.row, part.block, part.begin, part.end, [&](uint32_t from, uint32_t to, Step delay) {
        for (uint32_t s = from; s < to; ++s) {
          const uint32_t begin = s;
          for (; s < to && !p.IsCut(s, stamp); ++s) {
            if (!note) continue;
            block->noted.push_back({.projection = projection,
                                    .stamp = stamp,
                                    .weight = {s, factor * p.synapses.weight(s)}});
          }
          if (begin == s) continue;
          Transmit(block, projection, begin, s, stamp + delay, multiplicity, factor);
        }
      });
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
  CatchUp(projection);
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
