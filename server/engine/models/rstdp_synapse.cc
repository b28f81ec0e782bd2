// Reward-modulated STDP (Wunderlich et al. 2019, Front. Neurosci. 13:260).
//
// Weights stay as they are until a reward R ends an episode; then every weight
// grows by eta * trace * R. The trace pairs each spike of the target with the
// latest spike of the source before it, unless the previous such pair had the
// same source spike.
#include <algorithm>
#include <cmath>
#include <vector>

#include "server/engine/math/exp.h"
#include "server/engine/models/models.h"
#include "server/engine/pace.h"
#include "server/engine/synapse_rule.h"

namespace spiked::engine {
namespace {

enum Parameter : size_t { kEta, kA, kTau, kSaturation, kPreShift, kCausalOnly };

// Stamps that an episode may list for each neuron, on average, before they are
// gathered.
constexpr size_t kListedPerNeuron = 256;
// Work of a synapse, and of each spike of its target; synapses of a piece.
constexpr uint64_t kSynapseWork = 16, kPairWork = 8;
constexpr uint32_t kPiece = 1024;
// Fewer weights are kept from reward to reward, for the next ones to go there.
constexpr size_t kFewWeights = 1 << 16;

class RewardRule final : public SynapseRule {
 public:
  explicit RewardRule(const RuleContext& context);

  void OnSourceFired(uint32_t neuron, Step stamp) override;
  void OnTargetFired(uint32_t neuron, Step stamp) override;

  // Bounds the memory of long episodes.
  bool Tidy(Step now, Pace* pace) override;

  // Those that count when a reward comes; the others hold throughout an episode.
  void SetParameters(ParameterRow parameters) override {
    eta_ = parameters[kEta];
    saturation_ = parameters[kSaturation];
  }

  bool StaysFinite(double reward, Step now) const override;
  bool PrepareReward(double reward, Step now, Pace* pace) override;
  // Ends the episode.
  void CommitReward() override;
  void DropReward() override { grown_.clear(); }

  void Save(StateWriter& write) const override { write(state_); }
  void Restore(StateReader& read) override;

 private:
  // What an episode has brought a synapse, up to the spikes still listed.
  struct Trace {
    double facilitation = 0.0;
    double depression = 0.0;   // the mirror term, if the rule has one
    int64_t last_pre = -1;     // number of pre stamps before the last post stamp used
    Step awaits_pre = kNever;  // last post stamp used, while no pre has followed it
    static void Members(auto& t, auto&& visit) {
      visit(t.facilitation, t.depression, t.last_pre, t.awaits_pre);
    }
  };
  struct Source {
    explicit Source(Memory memory) : stamps(memory) {}
    std::pmr::vector<Step> stamps;  // shifted
    int64_t dropped = 0;            // stamps of this episode that are no longer listed
    static void Members(auto& s, auto&& visit) { visit(s.stamps, s.dropped); }
  };
  struct State {
    State(uint32_t targets, Memory memory)
        : sources(memory), targets(targets, memory), traces(memory) {}
    // What has fired in the episode and is not gathered yet: ascending stamps.
    std::pmr::vector<Source> sources;
    std::pmr::vector<std::pmr::vector<Step>> targets;
    // Of those synapses whose episode had to be gathered before its end.
    std::pmr::vector<Trace> traces;
    // While that is done: so many have what is listed up to then in their traces.
    uint32_t gathered = 0;
    Step gather_until = 0;
    static void Members(auto& s, auto&& visit) {
      visit(Fixed(s.sources), Fixed(s.targets), s.traces, s.gathered, s.gather_until);
    }
  };

  // Calls visit(source, begin, end) for pieces of rows, from synapse *next on, until
  // the pace says stop; then false. It returns how much work that was.
  template <typename Visit>
  bool ForEachPiece(uint32_t* next, Pace* pace, const Visit& visit) const;
  uint64_t WorkOf(uint32_t synapse) const {
    return kSynapseWork + kPairWork * state_.targets[synapses_->targets()[synapse]].size();
  }
  void Drop(Step until);
  double Grown(uint32_t source, uint32_t synapse, double reward, Step now) const;
  void GatherPair(uint32_t source, uint32_t synapse, Step until, Trace* trace) const;
  bool HasPairs(const Source& source) const { return !source.stamps.empty() || source.dropped > 0; }

  Grid grid_;
  Synapses* synapses_;
  double eta_, amplitude_, tau_, saturation_;
  Step shift_;
  bool causal_only_;

  State state_;
  size_t listed_ = 0;  // derived: stamps of all sources and targets

  std::pmr::vector<double> grown_;  // weights after a reward, as far as prepared
};

RewardRule::RewardRule(const RuleContext& context)
    : grid_(context.grid),
      synapses_(context.synapses),
      eta_(context.parameters[kEta]),
      amplitude_(context.parameters[kA]),
      tau_(context.parameters[kTau]),
      saturation_(context.parameters[kSaturation]),
      shift_(grid_.ToSteps(context.parameters[kPreShift]).value_or(0)),
      causal_only_(context.parameters[kCausalOnly] != 0.0),
      state_(context.targets, context.memory),
      grown_(context.memory) {
  state_.sources.reserve(synapses_->rows());
  for (uint32_t row = 0; row < synapses_->rows(); ++row)
    state_.sources.emplace_back(context.memory);
}

void RewardRule::OnSourceFired(uint32_t neuron, Step stamp) {
  state_.sources[neuron].stamps.push_back(stamp + shift_);
  ++listed_;
}

void RewardRule::OnTargetFired(uint32_t neuron, Step stamp) {
  state_.targets[neuron].push_back(stamp);
  ++listed_;
}

// Adds the pairs that are not in the trace and whose target spike is not later
// than `until`, by when all source spikes that can precede it are known.
void RewardRule::GatherPair(uint32_t source, uint32_t synapse, Step until, Trace* trace) const {
  const std::pmr::vector<Step>& pre = state_.sources[source].stamps;
  const int64_t dropped = state_.sources[source].dropped;
  const auto await = [&](int64_t number) {
    const int64_t place = number - dropped;
    if (place < 0 || place >= static_cast<int64_t>(pre.size())) return;
    const Step span = pre[static_cast<size_t>(place)] - trace->awaits_pre;
    trace->depression +=
        amplitude_ * Exp(-static_cast<double>(span) * grid_.resolution_ms() / tau_);
    trace->awaits_pre = kNever;
  };
  if (trace->awaits_pre != kNever) await(trace->last_pre);
  auto next = pre.begin();
  for (const Step post : state_.targets[synapses_->targets()[synapse]]) {
    if (post > until) break;
    if (synapse < state_.gathered && post <= state_.gather_until) continue;
    while (next != pre.end() && *next < post) ++next;
    const int64_t before = dropped + (next - pre.begin());
    if (before == trace->last_pre) continue;
    trace->last_pre = before;
    if (next != pre.begin()) {
      const Step span = post - *std::prev(next);
      trace->facilitation +=
          amplitude_ * Exp(-static_cast<double>(span) * grid_.resolution_ms() / tau_);
    }
    if (causal_only_) continue;
    trace->awaits_pre = post;
    await(before);
  }
}

template <typename Visit>
bool RewardRule::ForEachPiece(uint32_t* next, Pace* pace, const Visit& visit) const {
  const uint32_t size = synapses_->size();
  uint32_t source = *next < size ? synapses_->RowOf(*next) : 0;
  while (*next < size) {
    while (synapses_->row_end(source) <= *next) ++source;
    const uint32_t end = std::min(synapses_->row_end(source), *next + kPiece);
    const uint64_t work = visit(source, *next, end);
    *next = end;
    if (Spend(pace, work)) return false;
  }
  return true;
}

bool RewardRule::Tidy(Step now, Pace* pace) {
  if (state_.gathered == 0) {
    if (listed_ <= kListedPerNeuron * (state_.sources.size() + state_.targets.size())) return true;
    state_.gather_until = now + std::min<Step>(shift_, 0);
    state_.traces.reserve(synapses_->size());
  }
  const auto gather = [this](uint32_t source, uint32_t begin, uint32_t end) {
    if (state_.traces.size() < end) state_.traces.resize(end);
    uint64_t work = 0;
    for (uint32_t k = begin; k < end; ++k) {
      GatherPair(source, k, state_.gather_until, &state_.traces[k]);
      work += WorkOf(k);
    }
    return work;
  };
  if (!ForEachPiece(&state_.gathered, pace, gather)) return false;
  state_.gathered = 0;
  Drop(state_.gather_until);
  return true;
}

// Takes off the lists what is in the traces.
void RewardRule::Drop(Step until) {
  listed_ = 0;
  for (Source& source : state_.sources) {
    // The latest one before `until` may still pair with a later target spike.
    const auto keep = std::ranges::upper_bound(source.stamps, until);
    const auto drop = keep == source.stamps.begin() ? 0 : keep - source.stamps.begin() - 1;
    source.stamps.erase(source.stamps.begin(), source.stamps.begin() + drop);
    source.dropped += drop;
    listed_ += source.stamps.size();
  }
  for (std::pmr::vector<Step>& stamps : state_.targets) {
    stamps.erase(stamps.begin(), std::ranges::upper_bound(stamps, until));
    listed_ += stamps.size();
  }
}

// The weight of a synapse after reward R.
double RewardRule::Grown(uint32_t source, uint32_t synapse, double reward, Step now) const {
  Trace trace = synapse < state_.traces.size() ? state_.traces[synapse] : Trace();
  GatherPair(source, synapse, now, &trace);
  const double sum = std::min(trace.facilitation - trace.depression, saturation_);
  return synapses_->weight(synapse) + eta_ * sum * reward;
}

bool RewardRule::StaysFinite(double reward, Step now) const {
  // A trace is a sum of amplitudes, of which there cannot be too many.
  if (std::abs(eta_) < 1e90 && std::abs(amplitude_) < 1e90 && std::abs(reward) < 1e90) return true;
  for (uint32_t source = 0; source < state_.sources.size(); ++source) {
    for (uint32_t k = synapses_->row_begin(source); k < synapses_->row_end(source); ++k) {
      if (!std::isfinite(Grown(source, k, reward, now))) return false;
    }
  }
  return true;
}

bool RewardRule::PrepareReward(double reward, Step now, Pace* pace) {
  grown_.reserve(synapses_->size());
  auto next = static_cast<uint32_t>(grown_.size());
  return ForEachPiece(&next, pace, [&](uint32_t source, uint32_t begin, uint32_t end) {
    uint64_t work = end - begin;
    const bool pairs = HasPairs(state_.sources[source]);
    for (uint32_t k = begin; k < end; ++k) {
      grown_.push_back(pairs ? Grown(source, k, reward, now) : synapses_->weight(k));
      if (pairs) work += WorkOf(k);
    }
    return work;
  });
}

void RewardRule::CommitReward() {
  if (grown_.size() < synapses_->size()) return;  // a second reward finds no episode
  synapses_->weights().swap(grown_);
  grown_.clear();
  if (grown_.capacity() > kFewWeights) grown_.shrink_to_fit();
  for (Source& source : state_.sources) {
    source.stamps.clear();
    source.dropped = 0;
  }
  for (std::pmr::vector<Step>& stamps : state_.targets) stamps.clear();
  state_.traces.clear();
  state_.gathered = 0;
  listed_ = 0;
}

void RewardRule::Restore(StateReader& read) {
  read(state_);
  listed_ = 0;
  bool good = state_.traces.size() <= synapses_->size() &&
              state_.gathered <= state_.traces.size() && IsTime(state_.gather_until);
  const auto list = [&](const std::pmr::vector<Step>& stamps, Step shift) {
    listed_ += stamps.size();
    good = good && std::ranges::is_sorted(stamps) &&
           (stamps.empty() || (IsTime(stamps.front()) && read.HasHappened(stamps.back() - shift)));
  };
  for (const Source& source : state_.sources) {
    list(source.stamps, shift_);
    good = good && IsTime(source.dropped) && source.dropped >= 0;
  }
  for (const auto& stamps : state_.targets) list(stamps, 0);
  for (const Trace& trace : state_.traces) {
    good = good && trace.last_pre >= -1 && IsTime(trace.last_pre) &&
           (trace.awaits_pre == kNever || IsTime(trace.awaits_pre));
  }
  read.Require(good, "an episode");
}

}  // namespace

ModelInfo models::RstdpSynapse() {
  using namespace parameter;
  return {
      .name = "rstdp_synapse",
      .kind = ModelKind::kSynapse,
      .description =
          "Reward-modulated STDP (Wunderlich et al. 2019): static until a reward R arrives, then "
          "w += eta * trace * R with the nearest-neighbour STDP trace of the episode since the "
          "last reward.",
      .parameters = {Any("eta", "", 0.7, "Learning rate."),
                     Fixed(Any("A", "pA", 36, "Amplitude of the trace.")),
                     Fixed(Positive("tau", "ms", 64, "Time constant of the trace.")),
                     AtLeast(0, "saturation", "pA", 128, "Upper bound of the trace."),
                     Fixed(OnGrid(Between(-1e6, 1e6, "pre_shift", "ms", 0,
                                          "Added to the source's stamps, on the grid."))),
                     Fixed(Whole(Between(
                         0, 1, "causal_only", "", 1,
                         "1: only sources that precede a target's spike count; 0: those that "
                         "follow are subtracted.")))},
      .synapse = {.make = [](const RuleContext& context) -> std::unique_ptr<SynapseRule> {
                    return std::make_unique<RewardRule>(context);
                  },
                  .on_emission = true}};
}

}  // namespace spiked::engine
