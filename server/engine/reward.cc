#include "server/engine/reward.h"

#include <algorithm>

#include "server/engine/math/exp.h"

namespace spiked::engine {
namespace {

// Stamps that an episode may list for each neuron, on average, before they are
// gathered.
constexpr size_t kListedPerNeuron = 256;

}  // namespace

RewardRule::RewardRule(const Numbers& parameters, const Grid& grid, Synapses* synapses,
                       uint32_t targets)
    : grid_(grid),
      synapses_(synapses),
      eta_(parameters.at("eta")),
      amplitude_(parameters.at("A")),
      tau_(parameters.at("tau")),
      saturation_(parameters.at("saturation")),
      shift_(grid.ToSteps(parameters.at("pre_shift")).value_or(0)),
      causal_only_(parameters.at("causal_only") != 0.0),
      sources_(synapses->rows()),
      targets_(targets) {}

void RewardRule::OnSourceSpike(uint32_t neuron, Step stamp) {
  sources_[neuron].stamps.push_back(stamp + shift_);
  ++listed_;
}

void RewardRule::OnTargetSpike(uint32_t neuron, Step stamp) {
  targets_[neuron].push_back(stamp);
  ++listed_;
}

// Adds the pairs whose target spike is not later than `until`, by when all
// source spikes that can precede it are known.
void RewardRule::GatherPair(uint32_t source, uint32_t target, Step until, Trace* trace) const {
  const std::vector<Step>& pre = sources_[source].stamps;
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
  for (std::vector<Step>& stamps : targets_) {
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

void RewardRule::Apply(double reward, Step now) {
  for (uint32_t source = 0; source < sources_.size(); ++source) {
    Source& s = sources_[source];
    if (s.stamps.empty() && s.dropped == 0) continue;  // no pairs
    for (uint32_t k = synapses_->row_begin(source); k < synapses_->row_end(source); ++k) {
      synapses_->weights()[k] = Grown(source, k, reward, now);
    }
    s.stamps.clear();
    s.dropped = 0;
  }
  for (std::vector<Step>& stamps : targets_) stamps.clear();
  std::ranges::fill(traces_, Trace());
  listed_ = 0;
}

size_t RewardRule::bytes() const {
  size_t bytes = sources_.capacity() * sizeof(Source) + targets_.capacity() * sizeof(targets_[0]) +
                 traces_.capacity() * sizeof(Trace);
  for (const Source& source : sources_) bytes += source.stamps.capacity() * sizeof(Step);
  for (const auto& stamps : targets_) bytes += stamps.capacity() * sizeof(Step);
  return bytes;
}

}  // namespace spiked::engine
