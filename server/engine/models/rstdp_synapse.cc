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
#include "server/engine/synapse_rule.h"

namespace spiked::engine {
namespace {

enum Parameter : size_t { kEta, kA, kTau, kSaturation, kPreShift, kCausalOnly };

// Stamps that an episode may list for each neuron, on average, before they are
// gathered.
constexpr size_t kListedPerNeuron = 256;

class RewardRule final : public SynapseRule {
 public:
  explicit RewardRule(const RuleContext& context);

  void OnSourceFired(uint32_t neuron, Step stamp) override;
  void OnTargetFired(uint32_t neuron, Step stamp) override;

  // Bounds the memory of long episodes.
  void Tidy(Step now) override;

  // Those that count when a reward comes; the others hold throughout an episode.
  void SetParameters(ParameterRow parameters) override {
    eta_ = parameters[kEta];
    saturation_ = parameters[kSaturation];
  }

  bool StaysFinite(double reward, Step now) const override;
  // Ends the episode.
  void Reward(double reward, Step now) override;

 private:
  // What an episode has brought a synapse, up to the spikes still listed.
  struct Trace {
    double facilitation = 0.0;
    double depression = 0.0;   // the mirror term, if the rule has one
    int64_t last_pre = -1;     // number of pre stamps before the last post stamp used
    Step awaits_pre = kNever;  // last post stamp used, while no pre has followed it
  };

  void Gather(Step until);
  double Grown(uint32_t source, uint32_t synapse, double reward, Step now) const;
  void GatherPair(uint32_t source, uint32_t target, Step until, Trace* trace) const;

  Grid grid_;
  Synapses* synapses_;
  double eta_, amplitude_, tau_, saturation_;
  Step shift_;
  bool causal_only_;

  struct Source {
    explicit Source(Memory memory) : stamps(memory) {}
    std::pmr::vector<Step> stamps;  // shifted
    int64_t dropped = 0;            // stamps of this episode that are no longer listed
  };
  std::pmr::vector<Source> sources_;
  std::pmr::vector<std::pmr::vector<Step>> targets_;
  size_t listed_ = 0;
  // Empty until the episode has to be gathered before its end.
  std::pmr::vector<Trace> traces_;
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
      sources_(context.memory),
      targets_(context.targets, context.memory),
      traces_(context.memory) {
  sources_.reserve(synapses_->rows());
  for (uint32_t row = 0; row < synapses_->rows(); ++row) sources_.emplace_back(context.memory);
}

void RewardRule::OnSourceFired(uint32_t neuron, Step stamp) {
  sources_[neuron].stamps.push_back(stamp + shift_);
  ++listed_;
}

void RewardRule::OnTargetFired(uint32_t neuron, Step stamp) {
  targets_[neuron].push_back(stamp);
  ++listed_;
}

// Adds the pairs whose target spike is not later than `until`, by when all
// source spikes that can precede it are known.
void RewardRule::GatherPair(uint32_t source, uint32_t target, Step until, Trace* trace) const {
  const std::pmr::vector<Step>& pre = sources_[source].stamps;
  const int64_t dropped = sources_[source].dropped;
  const auto await = [&](int64_t number) {
    if (number - dropped >= static_cast<int64_t>(pre.size())) return;
    const Step span = pre[static_cast<size_t>(number - dropped)] - trace->awaits_pre;
    trace->depression +=
        amplitude_ * Exp(-static_cast<double>(span) * grid_.resolution_ms() / tau_);
    trace->awaits_pre = kNever;
  };
  if (trace->awaits_pre != kNever) await(trace->last_pre);
  auto next = pre.begin();
  for (const Step post : targets_[target]) {
    if (post > until) break;
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

void RewardRule::Gather(Step until) {
  if (traces_.empty()) traces_.resize(synapses_->size());
  for (uint32_t source = 0; source < sources_.size(); ++source) {
    for (uint32_t k = synapses_->row_begin(source); k < synapses_->row_end(source); ++k) {
      GatherPair(source, synapses_->targets()[k], until, &traces_[k]);
    }
  }
  listed_ = 0;
  for (Source& source : sources_) {
    // The latest one before `until` may still pair with a later target spike.
    const auto keep = std::ranges::upper_bound(source.stamps, until);
    const auto drop = keep == source.stamps.begin() ? 0 : keep - source.stamps.begin() - 1;
    source.stamps.erase(source.stamps.begin(), source.stamps.begin() + drop);
    source.dropped += drop;
    listed_ += source.stamps.size();
  }
  for (std::pmr::vector<Step>& stamps : targets_) {
    stamps.erase(stamps.begin(), std::ranges::upper_bound(stamps, until));
    listed_ += stamps.size();
  }
}

void RewardRule::Tidy(Step now) {
  if (listed_ <= kListedPerNeuron * (sources_.size() + targets_.size())) return;
  Gather(now + std::min<Step>(shift_, 0));
}

// The weight of a synapse after reward R.
double RewardRule::Grown(uint32_t source, uint32_t synapse, double reward, Step now) const {
  Trace trace = traces_.empty() ? Trace() : traces_[synapse];
  GatherPair(source, synapses_->targets()[synapse], now, &trace);
  const double sum = std::min(trace.facilitation - trace.depression, saturation_);
  return synapses_->weight(synapse) + eta_ * sum * reward;
}

bool RewardRule::StaysFinite(double reward, Step now) const {
  // A trace is a sum of amplitudes, of which there cannot be too many.
  if (std::abs(eta_) < 1e90 && std::abs(amplitude_) < 1e90 && std::abs(reward) < 1e90) return true;
  for (uint32_t source = 0; source < sources_.size(); ++source) {
    for (uint32_t k = synapses_->row_begin(source); k < synapses_->row_end(source); ++k) {
      if (!std::isfinite(Grown(source, k, reward, now))) return false;
    }
  }
  return true;
}

void RewardRule::Reward(double reward, Step now) {
  for (uint32_t source = 0; source < sources_.size(); ++source) {
    Source& s = sources_[source];
    if (s.stamps.empty() && s.dropped == 0) continue;  // no pairs
    for (uint32_t k = synapses_->row_begin(source); k < synapses_->row_end(source); ++k) {
      synapses_->weights()[k] = Grown(source, k, reward, now);
    }
    s.stamps.clear();
    s.dropped = 0;
  }
  for (std::pmr::vector<Step>& stamps : targets_) stamps.clear();
  std::ranges::fill(traces_, Trace());
  listed_ = 0;
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
