// Spike-timing dependent plasticity modulated by dopamine (Izhikevich 2007;
// Potjans, Morrison, Diesmann 2010): dw/dt = c (n - b), where the eligibility c
// follows the spikes of source and target, and n those of dopamine neurons.
//
// Between events the equations have a closed solution. The dopamine n is the
// same for all synapses of the projection and the time of the last update the
// same for all synapses of a source, so that the exponentials of an update are
// worked out once and applied to many synapses.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/models/stdp_dopamine_synapse.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE void FollowVector(D d, double* HWY_RESTRICT w, double* HWY_RESTRICT c, double slope,
                             double c_decay, double w_min, double w_max) {
  const auto c0 = hn::LoadU(d, c);
  const auto moved = hn::Sub(hn::LoadU(d, w), hn::Mul(c0, hn::Set(d, slope)));
  hn::StoreU(hn::Min(hn::Max(moved, hn::Set(d, w_min)), hn::Set(d, w_max)), d, w);
  hn::StoreU(hn::Mul(c0, hn::Set(d, c_decay)), d, c);
}

// w[k] <- w[k] - c[k] slope, clipped to [w_min, w_max]; c[k] <- c[k] c_decay.
void FollowPiece(double* HWY_RESTRICT w, double* HWY_RESTRICT c, size_t n, double slope,
                 double c_decay, double w_min, double w_max) {
  const hn::ScalableTag<double> d;
  const size_t width = hn::Lanes(d);
  size_t k = 0;
  for (; k + width <= n; k += width) FollowVector(d, w + k, c + k, slope, c_decay, w_min, w_max);
  const hn::CappedTag<double, 1> one;
  for (; k < n; ++k) FollowVector(one, w + k, c + k, slope, c_decay, w_min, w_max);
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/math/exp.h"
#include "server/engine/math/negligible.h"
#include "server/engine/models/models.h"
#include "server/engine/number.h"
#include "server/engine/synapse_rule.h"

namespace spiked::engine {
namespace {

HWY_EXPORT(FollowPiece);

void FollowPiece(double* w, double* c, size_t n, double slope, double c_decay, double w_min,
                 double w_max) {
  HWY_DYNAMIC_DISPATCH(FollowPiece)(w, c, n, slope, c_decay, w_min, w_max);
}

enum Parameter : size_t { kAPlus, kAMinus, kTauPlus, kTauC, kTauN, kB, kWmin, kWmax };

class DopamineRule final : public SynapseRule {
 public:
  explicit DopamineRule(const RuleContext& context);

  // Brings all synapses up to `now` by the pending spikes, which the transmitter
  // then forgets.
  void Deliver(Step now) override;
  double OnSourceSpike(uint32_t row, Step stamp) override;
  double Variable(size_t recordable, uint32_t synapse) const override;

 private:
  // What passes over a span without a dopamine spike: exponentials of it.
  struct Decay {
    double c, n, plus;        // exp(-span / tau)
    double expm1_c, expm1_s;  // expm1(-span / tau), expm1(-s span)
  };
  // One piece of the way of a synapse: w <- w - decay * c0 * slope, clipped.
  struct Piece {
    double decay, slope;
  };
  // The way of a synapse from one time to another.
  struct Path {
    explicit Path(Memory memory) : pieces(memory) {}
    Step from = 0, to = 0;
    std::pmr::vector<Piece> pieces;
    double c_decay = 1.0;  // of c over the whole way
  };

  Decay ComputeDecay(Step span) const;
  Decay DecayOver(Step span) const;
  double DopamineAt(Step t) const;
  // Valid until the next call; the latest ones are cached until ForgetPaths.
  const Path& PathTo(Step from, Step to);
  void ForgetPaths() { paths_used_ = 0; }
  void Follow(const Path& path, double* w, double* c) const;
  void UpdateColumns(Step now);
  void UpdateRows(Step now);
  // Takes for zero what is left of long ago.
  void ForgetNegligible();

  RuleContext context_;
  double a_plus_, a_minus_, tau_plus_, tau_c_, tau_n_, b_, w_min_, w_max_, s_;
  const std::pmr::vector<DopamineSpike>* pending_;

  std::pmr::vector<double> c_;  // one for each synapse
  struct Row {
    double k_plus = 0.0;  // trace of the source at the last update
    Step last;            // last update
  };
  std::pmr::vector<Row> rows_;
  double n_ = 0.0;  // dopamine at the last delivery
  Step n_time_;

  // Synapses by target.
  std::pmr::vector<uint32_t> column_begin_, column_synapses_, row_of_;

  // Scratch, kept so that nothing is allocated in a step.
  static constexpr Step kTabulated = 32;
  std::pmr::vector<Decay> table_;  // spans from -kTabulated to kTabulated
  static constexpr size_t kCachedPaths = 16;
  std::pmr::vector<Path> paths_;
  size_t paths_used_ = 0;
  mutable Step read_n_at_ = -1, read_n_after_ = -1;  // the last n that was read
  mutable double read_n_ = 0.0;
  std::pmr::vector<uint32_t> columns_;      // targets that have fired
  std::pmr::vector<double> eligibilities_;  // of their synapses, column by column
};

DopamineRule::DopamineRule(const RuleContext& context)
    : context_(context),
      a_plus_(context.parameters[kAPlus]),
      a_minus_(context.parameters[kAMinus]),
      tau_plus_(context.parameters[kTauPlus]),
      tau_c_(context.parameters[kTauC]),
      tau_n_(context.parameters[kTauN]),
      b_(context.parameters[kB]),
      w_min_(context.parameters[kWmin]),
      w_max_(context.parameters[kWmax]),
      s_((tau_c_ + tau_n_) / (tau_c_ * tau_n_)),
      pending_(context.dopamine),
      c_(context.synapses->size(), context.memory),
      rows_(context.synapses->rows(), Row{.last = context.begin}, context.memory),
      n_time_(context.begin),
      column_begin_(context.memory),
      column_synapses_(context.memory),
      row_of_(context.memory),
      table_(context.memory),
      paths_(context.memory),
      columns_(context.memory),
      eligibilities_(context.memory) {
  const Synapses& synapses = *context.synapses;
  column_begin_.assign(context.targets + 1, 0);
  for (const uint32_t target : synapses.targets()) ++column_begin_[target + 1];
  std::partial_sum(column_begin_.begin(), column_begin_.end(), column_begin_.begin());
  column_synapses_.resize(synapses.size());
  row_of_.resize(synapses.size());
  std::pmr::vector<uint32_t> next(column_begin_.begin(), column_begin_.end() - 1, context.memory);
  for (uint32_t row = 0; row < synapses.rows(); ++row) {
    for (uint32_t k = synapses.row_begin(row); k < synapses.row_end(row); ++k) {
      row_of_[k] = row;
      column_synapses_[next[synapses.targets()[k]]++] = k;
    }
  }
  table_.reserve(2 * kTabulated + 1);
  for (Step span = -kTabulated; span <= kTabulated; ++span) table_.push_back(ComputeDecay(span));
  context_.history->AddReader([this](std::pmr::vector<PostHistory::Interval>* needs) {
    Step earliest = *context_.slice_begin;
    for (const Row& row : rows_) earliest = std::min(earliest, row.last);
    needs->push_back({earliest - context_.synapses->delays().longest, kNever});
  });
}

DopamineRule::Decay DopamineRule::ComputeDecay(Step span) const {
  const double ms = static_cast<double>(span) * context_.grid.resolution_ms();
  return {.c = Exp(-ms / tau_c_),
          .n = Exp(-ms / tau_n_),
          .plus = Exp(-ms / tau_plus_),
          .expm1_c = Expm1(-ms / tau_c_),
          .expm1_s = Expm1(-s_ * ms)};
}

DopamineRule::Decay DopamineRule::DecayOver(Step span) const {
  if (span >= -kTabulated && span <= kTabulated) {
    return table_[static_cast<size_t>(span + kTabulated)];
  }
  return ComputeDecay(span);
}

double DopamineRule::DopamineAt(Step t) const {
  double n = n_ * DecayOver(t - n_time_).n;
  for (const DopamineSpike& spike : *pending_) {
    if (spike.arrival <= t)
      n += static_cast<double>(spike.multiplicity) / tau_n_ * DecayOver(t - spike.arrival).n;
  }
  return n;
}

const DopamineRule::Path& DopamineRule::PathTo(Step from, Step to) {
  for (size_t k = 0; k < paths_used_; ++k) {
    if (paths_[k].from == from && paths_[k].to == to) return paths_[k];
  }
  if (paths_used_ == kCachedPaths) paths_used_ = 0;
  if (paths_used_ == paths_.size()) paths_.emplace_back(context_.memory);
  Path& path = paths_[paths_used_++];
  path.from = from;
  path.to = to;
  path.pieces.clear();
  double n = DopamineAt(from);
  Step at = from;
  const auto go_to = [&](Step next) {
    const Decay decay = DecayOver(next - at);
    path.pieces.push_back({.decay = DecayOver(at - from).c,
                           .slope = n / s_ * decay.expm1_s - b_ * tau_c_ * decay.expm1_c});
    n *= decay.n;
    at = next;
  };
  for (const DopamineSpike& spike : *pending_) {
    if (spike.arrival <= from || spike.arrival > to) continue;
    go_to(spike.arrival);
    n += static_cast<double>(spike.multiplicity) / tau_n_;
  }
  go_to(to);
  path.c_decay = DecayOver(to - from).c;
  return path;
}

void DopamineRule::Follow(const Path& path, double* w, double* c) const {
  for (const Piece& piece : path.pieces) {
    *w = std::clamp(*w - *c * piece.decay * piece.slope, w_min_, w_max_);
  }
  *c *= path.c_decay;
}

void DopamineRule::Deliver(Step now) {
  ForgetPaths();
  UpdateColumns(now);
  UpdateRows(now);
  auto c = eligibilities_.begin();
  for (const uint32_t target : columns_) {
    for (uint32_t k = column_begin_[target]; k < column_begin_[target + 1]; ++k) {
      c_[column_synapses_[k]] = *c++;
    }
  }
  n_ = DopamineAt(now);
  if (now / kTidySteps != n_time_ / kTidySteps) ForgetNegligible();
  n_time_ = now;
}

// Synapses onto neurons that have fired: one by one. They are left without
// eligibility, so that what follows for all does not change their weights.
void DopamineRule::UpdateColumns(Step now) {
  Synapses& synapses = *context_.synapses;
  const PostHistory& history = *context_.history;
  columns_.clear();
  eligibilities_.clear();
  if (history.recent().empty()) return;
  Step earliest = now;
  for (const Row& row : rows_) earliest = std::min(earliest, row.last);
  const Step after = earliest - synapses.delays().longest, until = now - synapses.delays().shortest;

  for (const auto& recent : history.recent()) {
    if (recent.stamp > after && recent.stamp <= until) columns_.push_back(recent.neuron);
  }
  std::ranges::sort(columns_);
  columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());

  for (const uint32_t target : columns_) {
    const auto posts = history.Between(target, after, until);
    for (uint32_t k = column_begin_[target]; k < column_begin_[target + 1]; ++k) {
      const uint32_t synapse = column_synapses_[k];
      const uint32_t row = row_of_[synapse];
      const Step delay = synapses.DelayOf(row, synapse), last = rows_[row].last;
      double w = synapses.weight(synapse), c = c_[synapse];
      Step at = last;
      for (const auto& post : posts) {
        const Step felt = post.stamp + delay;
        if (felt <= last || felt > now) continue;
        Follow(PathTo(at, felt), &w, &c);
        c += a_plus_ * rows_[row].k_plus * DecayOver(felt - last).plus;
        at = felt;
      }
      Follow(PathTo(at, now), &w, &c);
      synapses.weights()[synapse] = w;
      c_[synapse] = 0.0;
      eligibilities_.push_back(c);
    }
  }
}

// All synapses, as if no target had fired. Neighbouring rows that were last
// updated at the same time go together.
void DopamineRule::UpdateRows(Step now) {
  Synapses& synapses = *context_.synapses;
  for (uint32_t row = 0; row < rows_.size();) {
    const Step last = rows_[row].last;
    uint32_t end = row;
    const double plus = DecayOver(now - last).plus;
    for (; end < rows_.size() && rows_[end].last == last; ++end) {
      rows_[end].k_plus *= plus;
      rows_[end].last = now;
    }
    const uint32_t first = synapses.row_begin(row), n = synapses.row_begin(end) - first;
    const Path& path = PathTo(last, now);
    double* w = synapses.weights().data() + first;
    for (size_t k = 0; k < path.pieces.size(); ++k) {
      const Piece& piece = path.pieces[k];
      const bool final = k + 1 == path.pieces.size();
      FollowPiece(w, c_.data() + first, n, piece.decay * piece.slope, final ? path.c_decay : 1.0,
                  w_min_, w_max_);
    }
    row = end;
  }
}

void DopamineRule::ForgetNegligible() {
  n_ = WithoutNegligible(n_);
  for (Row& row : rows_) row.k_plus = WithoutNegligible(row.k_plus);
  for (double& c : c_) c = WithoutNegligible(c);
}

double DopamineRule::OnSourceSpike(uint32_t row, Step stamp) {
  Synapses& synapses = *context_.synapses;
  const PostHistory& history = *context_.history;
  double& k_plus = rows_[row].k_plus;
  Step& last = rows_[row].last;
  ForgetPaths();
  synapses.ForEachDelay(row, 0, [&](uint32_t begin, uint32_t end, Step delay) {
    for (uint32_t k = begin; k < end; ++k) {
      const uint32_t target = synapses.targets()[k];
      double& w = synapses.weights()[k];
      double& c = c_[k];
      Step at = last;
      // Empty where the way goes back in time, as it does after a delivery.
      if (stamp > last) {
        for (const auto& post : history.Between(target, last - delay, stamp - delay)) {
          const Step felt = post.stamp + delay;
          Follow(PathTo(at, felt), &w, &c);
          if (stamp > post.stamp) c += a_plus_ * k_plus * DecayOver(felt - last).plus;
          at = felt;
        }
      }
      Follow(PathTo(at, stamp), &w, &c);
      c -= a_minus_ * history.KMinus(target, stamp - delay);
    }
  });
  k_plus = k_plus * DecayOver(stamp - last).plus + 1.0;
  last = stamp;
  return 1.0;
}

double DopamineRule::Variable(size_t recordable, uint32_t synapse) const {
  if (recordable == 0) return c_[synapse];
  // As of the last dopamine spike that the synapse has felt, or the last
  // delivery. What is pending ascends, and few synapses differ in when they were
  // last touched.
  const Step last = rows_[row_of_[synapse]].last;
  const auto felt = std::ranges::upper_bound(*pending_, last, {}, &DopamineSpike::arrival);
  if (felt == pending_->begin()) return n_;
  const Step at = std::prev(felt)->arrival;
  if (read_n_at_ != at || read_n_after_ != n_time_) {
    read_n_at_ = at;
    read_n_after_ = n_time_;
    read_n_ = DopamineAt(at);
  }
  return read_n_;
}

WeightBounds Bounds(ParameterRow p) { return {.low = p[kWmin], .high = p[kWmax]}; }

absl::Status Check(ParameterRow p) {
  if (p[kWmin] <= p[kWmax]) return absl::OkStatus();
  return InvalidField("parameters[Wmin]", absl::StrFormat("must be at most Wmax (%s), not %s",
                                                          ToText(p[kWmax]), ToText(p[kWmin])));
}

}  // namespace

ModelInfo models::StdpDopamineSynapse() {
  using namespace parameter;
  return {.name = "stdp_dopamine_synapse",
          .kind = ModelKind::kSynapse,
          .description =
              "STDP modulated by dopamine (Izhikevich 2007; Potjans, Morrison and Diesmann 2010): "
              "dw/dt = c (n - b). Needs a volume transmitter.",
          .parameters = {Any("A_plus", "", 1, "Amplitude of facilitation."),
                         Any("A_minus", "", 1.5, "Amplitude of depression."),
                         Positive("tau_plus", "ms", 20, "Time constant of the source's trace K+."),
                         Positive("tau_c", "ms", 1000, "Time constant of the eligibility c."),
                         Positive("tau_n", "ms", 200, "Time constant of the dopamine n."),
                         Any("b", "", 0, "Baseline of dopamine."),
                         Any("Wmin", "pA", 0, "Lower bound of weights."),
                         Any("Wmax", "pA", 200, "Upper bound of weights; at least Wmin.")},
          .recordables = {{"c", "", "Eligibility, as of the last event that touched the synapse."},
                          {"n", "", "Dopamine, as of the last event that touched the synapse."}},
          .check = Check,
          .synapse = {.make = [](const RuleContext& context) -> std::unique_ptr<SynapseRule> {
                        return std::make_unique<DopamineRule>(context);
                      },
                      .on_arrival = true,
                      .reads_history = true,
                      .needs_transmitter = true,
                      .bounds = Bounds}};
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
