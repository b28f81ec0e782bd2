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
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/math/exp.h"
#include "server/engine/math/negligible.h"
#include "server/engine/models/models.h"
#include "server/engine/number.h"
#include "server/engine/pace.h"
#include "server/engine/synapse_rule.h"

namespace spiked::engine {
namespace {

HWY_EXPORT(FollowPiece);

void FollowPiece(double* w, double* c, size_t n, double slope, double c_decay, double w_min,
                 double w_max) {
  HWY_DYNAMIC_DISPATCH(FollowPiece)(w, c, n, slope, c_decay, w_min, w_max);
}

enum Parameter : size_t { kAPlus, kAMinus, kTauPlus, kTauC, kTauN, kB, kWmin, kWmax, kC, kN };

// Synapses that are delivered to together, and what one onto a target that has
// fired costs, relative to others.
constexpr uint32_t kStretch = 4096;
constexpr uint64_t kFiredCost = 16;

class DopamineRule final : public SynapseRule {
 public:
  explicit DopamineRule(const RuleContext& context);

  bool Build(Pace* pace) override;
  double OnSourceSpike(const CellPart& part, Step stamp) override;
  void AppendNeeds(Step slice_begin, std::pmr::vector<PostHistory::Interval>* needs) const override;
  // Brings all synapses up to `now` by the pending spikes, which the transmitter
  // then forgets.
  void BeginDelivery(Step now) override;
  uint64_t Deliver(uint32_t block, Step now, uint64_t work, DeliveryPlace* place) override;
  void EndDelivery(Step now) override;
  void SetParameters(ParameterRow parameters) override;
  double Variable(size_t recordable, uint32_t synapse) const override;
  void Save(StateWriter& write) const override { write(state_); }
  void Restore(StateReader& read) override;

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

  // What the synapses of a cell know of their source.
  struct Cell {
    double k_plus = 0.0;  // its trace at the last update
    Step last;            // last update
    static void Members(auto& c, auto&& visit) { visit(c.k_plus, c.last); }
  };
  struct State {
    State(size_t cells, Step begin, Memory memory)
        : c(memory), cells(cells, Cell{.last = begin}, memory), n_time(begin), fired(memory) {}
    std::pmr::vector<double> c;    // eligibility, of each synapse
    std::pmr::vector<Cell> cells;  // [block][row]
    double n = 0.0;                // dopamine at the last delivery
    Step n_time;                   // when that was
    // Of the delivery that has begun: since when targets may have fired that it has
    // to look at, and those that have, in order.
    Step after = 0;
    std::pmr::vector<uint32_t> fired;
    static void Members(auto& s, auto&& visit) {
      visit(Fixed(s.c), Fixed(s.cells), s.n, s.n_time, s.after, s.fired);
    }
  };
  // Synapses of a block from number `begin` to before `end` that are delivered to
  // together: the rest of a cell and those of the rows up to end_row, or only a
  // part of that cell, which leaves end_row at row.
  struct Stretch {
    uint32_t row, end_row;
    uint32_t begin, end;
    uint32_t size;  // synapses, about
  };
  // Kept by each block, so that nothing is allocated in a step.
  struct alignas(64) Scratch {
    static constexpr size_t kCachedPaths = 16;
    explicit Scratch(Memory memory) : paths(memory), eligible(memory) {}
    std::pmr::vector<Path> paths;
    size_t paths_used = 0;
    std::pmr::vector<std::pair<uint32_t, double>>
        eligible;  // synapses to fired targets, and their c
  };

  Decay ComputeDecay(Step span) const;
  Decay DecayOver(Step span) const;
  double DopamineAt(Step t) const;
  // Valid until the next call; the latest ones are cached.
  const Path& PathTo(Scratch* scratch, Step from, Step to) const;
  void Follow(const Path& path, double* w, double* c) const;
  std::span<Cell> CellsOf(uint32_t block) {
    return std::span(state_.cells).subspan(size_t{block} * rows_, rows_);
  }
  std::span<const Cell> CellsOf(uint32_t block) const {
    return std::span(state_.cells).subspan(size_t{block} * rows_, rows_);
  }
  // The targets of a block that have fired.
  std::span<const uint32_t> FiredOf(uint32_t block) const;
  Stretch NextStretch(uint32_t block, const DeliveryPlace& place) const;
  void DeliverToFired(uint32_t block, Step now, const Stretch& stretch);
  void DeliverToAll(uint32_t block, Step now, const Stretch& stretch);
  // Whether a delivery takes for zero what is left of long ago.
  bool TidiesUp(Step now) const { return now / kTidySteps != state_.n_time / kTidySteps; }
  void ForgetNegligible(uint32_t block, const Stretch& stretch);

  RuleContext context_;
  double a_plus_, a_minus_, tau_plus_, tau_c_, tau_n_, b_, w_min_, w_max_, s_;
  double initial_c_;
  const std::pmr::vector<DopamineSpike>* pending_;

  uint32_t rows_;
  State state_;

  // Synapses by target, and the source of each.
  std::pmr::vector<uint32_t> column_begin_, column_synapses_, row_of_;
  static constexpr Step kTabulated = 32;
  std::pmr::vector<Decay> table_;  // spans from -kTabulated to kTabulated

  std::pmr::vector<Scratch> scratch_;                // [block]
  mutable Step read_n_at_ = -1, read_n_after_ = -1;  // the last n that was read
  mutable double read_n_ = 0.0;
};

DopamineRule::DopamineRule(const RuleContext& context)
    : context_(context),
      pending_(context.dopamine),
      rows_(context.synapses->rows()),
      state_(size_t{rows_} * context.synapses->blocks(), context.begin, context.memory),
      column_begin_(context.memory),
      column_synapses_(context.memory),
      row_of_(context.memory),
      table_(context.memory),
      scratch_(context.memory) {
  for (uint32_t block = 0; block < context.synapses->blocks(); ++block) {
    scratch_.emplace_back(context.memory);
  }
  table_.resize(2 * kTabulated + 1);
  SetParameters(context.parameters);
  initial_c_ = context.parameters[kC];
  state_.n = context.parameters[kN];
}

bool DopamineRule::Build(Pace* pace) {
  Synapses& synapses = *context_.synapses;
  const uint32_t size = synapses.size();
  if (!synapses.SpreadWeight(pace)) return false;  // so that no thread need do it later
  if (!FillUp(&state_.c, size, initial_c_, pace)) return false;
  column_begin_.assign(context_.targets + 1, 0);
  for (uint32_t k = 0; k < size; ++k) {
    ++column_begin_[synapses.targets()[k] + 1];
    if (k % kStretch == 0 && Spend(pace, kStretch)) return false;
  }
  std::partial_sum(column_begin_.begin(), column_begin_.end(), column_begin_.begin());
  if (!FillUp(&column_synapses_, size, 0, pace) || !FillUp(&row_of_, size, 0, pace)) return false;
  std::pmr::vector<uint32_t> next(column_begin_.begin(), column_begin_.end() - 1, context_.memory);
  for (uint32_t row = 0; row < synapses.rows(); ++row) {
    for (uint32_t k = synapses.row_begin(row); k < synapses.row_end(row); ++k) {
      row_of_[k] = row;
      column_synapses_[next[synapses.targets()[k]]++] = k;
      if (k % kStretch == 0 && Spend(pace, kFiredCost * kStretch)) return false;
    }
  }
  return true;
}

void DopamineRule::SetParameters(ParameterRow parameters) {
  a_plus_ = parameters[kAPlus];
  a_minus_ = parameters[kAMinus];
  tau_plus_ = parameters[kTauPlus];
  tau_c_ = parameters[kTauC];
  tau_n_ = parameters[kTauN];
  b_ = parameters[kB];
  w_min_ = parameters[kWmin];
  w_max_ = parameters[kWmax];
  s_ = (tau_c_ + tau_n_) / (tau_c_ * tau_n_);
  for (Step span = -kTabulated; span <= kTabulated; ++span) {
    table_[static_cast<size_t>(span + kTabulated)] = ComputeDecay(span);
  }
  read_n_at_ = -1;
}

void DopamineRule::Restore(StateReader& read) {
  read(state_);
  bool good = read.HasHappened(state_.n_time) && read.HasHappened(state_.after) &&
              std::ranges::is_sorted(state_.fired) &&
              (state_.fired.empty() || state_.fired.back() < context_.targets);
  for (const Cell& cell : state_.cells) good = good && read.HasHappened(cell.last);
  read.Require(good, "the time of an update");
}

void DopamineRule::AppendNeeds(Step slice_begin,
                               std::pmr::vector<PostHistory::Interval>* needs) const {
  Step earliest = slice_begin;
  // All cells of a source know the same when neurons fire.
  for (const Cell& cell : CellsOf(0)) earliest = std::min(earliest, cell.last);
  needs->push_back({earliest - context_.synapses->delays().longest, kNever});
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
  double n = state_.n * DecayOver(t - state_.n_time).n;
  for (const DopamineSpike& spike : *pending_) {
    if (spike.arrival <= t && spike.arrival > context_.begin)
      n += static_cast<double>(spike.multiplicity) / tau_n_ * DecayOver(t - spike.arrival).n;
  }
  return n;
}

const DopamineRule::Path& DopamineRule::PathTo(Scratch* scratch, Step from, Step to) const {
  std::pmr::vector<Path>& paths = scratch->paths;
  size_t& used = scratch->paths_used;
  for (size_t k = 0; k < used; ++k) {
    if (paths[k].from == from && paths[k].to == to) return paths[k];
  }
  if (used == Scratch::kCachedPaths) used = 0;
  if (used == paths.size()) paths.emplace_back(context_.memory);
  Path& path = paths[used++];
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

void DopamineRule::BeginDelivery(Step now) {
  const Synapses& synapses = *context_.synapses;
  const auto& recent = context_.history->recent();
  state_.fired.clear();
  if (recent.empty()) return;
  Step earliest = now;
  for (const Cell& cell : CellsOf(0)) earliest = std::min(earliest, cell.last);
  state_.after = std::max(earliest - synapses.delays().longest, context_.begin);
  for (const auto& spike : recent) {
    if (spike.stamp > state_.after && spike.stamp <= now - synapses.delays().shortest) {
      state_.fired.push_back(spike.neuron);
    }
  }
  std::ranges::sort(state_.fired);
  state_.fired.erase(std::unique(state_.fired.begin(), state_.fired.end()), state_.fired.end());
}

void DopamineRule::EndDelivery(Step now) {
  state_.n = DopamineAt(now);
  if (TidiesUp(now)) state_.n = WithoutNegligible(state_.n);
  state_.n_time = now;
}

std::span<const uint32_t> DopamineRule::FiredOf(uint32_t block) const {
  if (scratch_.size() == 1) return state_.fired;
  const auto of_block = std::ranges::equal_range(
      state_.fired, block, {}, [this](uint32_t k) { return context_.synapses->BlockOfTarget(k); });
  return {of_block.begin(), of_block.end()};
}

uint64_t DopamineRule::Deliver(uint32_t block, Step now, uint64_t work, DeliveryPlace* place) {
  Scratch& scratch = scratch_[block];
  scratch.paths_used = 0;
  uint64_t done = 0;
  while (place->row < rows_ && done < work) {
    const Stretch stretch = NextStretch(block, *place);
    scratch.eligible.clear();
    DeliverToFired(block, now, stretch);
    DeliverToAll(block, now, stretch);
    for (const auto& [synapse, c] : scratch.eligible) state_.c[synapse] = c;
    if (TidiesUp(now)) ForgetNegligible(block, stretch);
    done += stretch.size + kFiredCost * scratch.eligible.size();
    place->synapses = stretch.row < stretch.end_row ? 0 : place->synapses + stretch.size;
    place->row = stretch.end_row;
  }
  return done;
}

DopamineRule::Stretch DopamineRule::NextStretch(uint32_t block, const DeliveryPlace& place) const {
  const Synapses& synapses = *context_.synapses;
  const uint32_t begin = synapses.cell_begin(place.row, block) + place.synapses;
  uint32_t size = synapses.cell_end(place.row, block) - begin;
  if (size > kStretch) return {place.row, place.row, begin, begin + kStretch, kStretch};
  if (synapses.blocks() == 1 && synapses.size() - begin <= kStretch) {
    return {place.row, rows_, begin, synapses.size(), synapses.size() - begin};
  }
  uint32_t end_row = place.row + 1;
  for (; end_row < rows_ && size < kStretch; ++end_row) {
    const uint32_t more =
        1 + synapses.cell_end(end_row, block) - synapses.cell_begin(end_row, block);
    if (size + more > kStretch) break;
    size += more;
  }
  return {place.row, end_row, begin, synapses.row_begin(end_row), size + 1};
}

// Synapses onto neurons that have fired: one by one. They are left without
// eligibility, so that what follows for all does not change their weights.
void DopamineRule::DeliverToFired(uint32_t block, Step now, const Stretch& stretch) {
  Synapses& synapses = *context_.synapses;
  const HistorySince history(*context_.history, context_.begin);
  Scratch& scratch = scratch_[block];
  const std::span<const Cell> cells = CellsOf(block);
  double* const weights = synapses.weights().data();
  for (const uint32_t target : FiredOf(block)) {
    const auto posts = history.Between(target, state_.after, now - synapses.delays().shortest);
    // In a column synapses ascend.
    const auto column_end = column_synapses_.begin() + column_begin_[target + 1];
    auto at_synapse = std::lower_bound(column_synapses_.begin() + column_begin_[target], column_end,
                                       stretch.begin);
    for (; at_synapse != column_end && *at_synapse < stretch.end; ++at_synapse) {
      const uint32_t synapse = *at_synapse, row = row_of_[synapse];
      const Step delay = synapses.DelayOf(row, synapse), last = cells[row].last;
      double w = weights[synapse], c = state_.c[synapse];
      Step at = last;
      for (const auto& post : posts) {
        const Step felt = post.stamp + delay;
        if (felt <= last || felt > now) continue;
        Follow(PathTo(&scratch, at, felt), &w, &c);
        c += a_plus_ * cells[row].k_plus * DecayOver(felt - last).plus;
        at = felt;
      }
      Follow(PathTo(&scratch, at, now), &w, &c);
      weights[synapse] = w;
      state_.c[synapse] = 0.0;
      scratch.eligible.emplace_back(synapse, c);
    }
  }
}

// All synapses, as if no target had fired. Neighbouring cells that were last
// updated at the same time go together.
void DopamineRule::DeliverToAll(uint32_t block, Step now, const Stretch& stretch) {
  Synapses& synapses = *context_.synapses;
  const std::span<Cell> cells = CellsOf(block);
  const bool whole = stretch.row < stretch.end_row, one_block = synapses.blocks() == 1;
  const uint32_t end_row = std::max(stretch.end_row, stretch.row + 1);
  for (uint32_t row = stretch.row; row < end_row;) {
    const Step last = cells[row].last;
    const double plus = DecayOver(now - last).plus;
    const uint32_t first = std::max(stretch.begin, synapses.cell_begin(row, block));
    do {
      if (whole) cells[row] = {.k_plus = cells[row].k_plus * plus, .last = now};
      ++row;
    } while (row < end_row && cells[row].last == last && one_block);
    const uint32_t end = std::min(stretch.end, synapses.cell_end(row - 1, block));
    const Path& path = PathTo(&scratch_[block], last, now);
    double* w = synapses.weights().data() + first;
    for (size_t k = 0; k < path.pieces.size(); ++k) {
      const Piece& piece = path.pieces[k];
      const bool final = k + 1 == path.pieces.size();
      FollowPiece(w, state_.c.data() + first, end - first, piece.decay * piece.slope,
                  final ? path.c_decay : 1.0, w_min_, w_max_);
    }
  }
}

void DopamineRule::ForgetNegligible(uint32_t block, const Stretch& stretch) {
  const Synapses& synapses = *context_.synapses;
  for (uint32_t row = stretch.row; row < std::max(stretch.end_row, stretch.row + 1); ++row) {
    if (row < stretch.end_row) {
      double& k_plus = CellsOf(block)[row].k_plus;
      k_plus = WithoutNegligible(k_plus);
    }
    const uint32_t end = std::min(stretch.end, synapses.cell_end(row, block));
    for (uint32_t k = std::max(stretch.begin, synapses.cell_begin(row, block)); k < end; ++k) {
      state_.c[k] = WithoutNegligible(state_.c[k]);
    }
  }
}

double DopamineRule::OnSourceSpike(const CellPart& part, Step stamp) {
  Synapses& synapses = *context_.synapses;
  const HistorySince history(*context_.history, context_.begin);
  auto& [k_plus, last] = CellsOf(part.block)[part.row];
  Scratch& scratch = scratch_[part.block];
  scratch.paths_used = 0;
  double* const weights = synapses.weights().data();
  const auto update = [&](uint32_t begin, uint32_t end, Step delay) {
    for (uint32_t k = begin; k < end; ++k) {
      const uint32_t target = synapses.targets()[k];
      double& w = weights[k];
      double& c = state_.c[k];
      Step at = last;
      // Empty where the way goes back in time, as it does after a delivery.
      if (stamp > last) {
        for (const auto& post : history.Between(target, last - delay, stamp - delay)) {
          const Step felt = post.stamp + delay;
          Follow(PathTo(&scratch, at, felt), &w, &c);
          if (stamp > post.stamp) c += a_plus_ * k_plus * DecayOver(felt - last).plus;
          at = felt;
        }
      }
      Follow(PathTo(&scratch, at, stamp), &w, &c);
      c -= a_minus_ * history.KMinus(target, stamp - delay);
    }
  };
  synapses.ForEachDelay(part.row, part.block, part.begin, part.end, update);
  if (!part.last) return 1.0;
  k_plus = k_plus * DecayOver(stamp - last).plus + 1.0;
  last = stamp;
  return 1.0;
}

double DopamineRule::Variable(size_t recordable, uint32_t synapse) const {
  if (recordable == 0) return state_.c[synapse];
  // As of the last dopamine spike that the synapse has felt, or the last
  // delivery. What is pending ascends, and few synapses differ in when they were
  // last touched.
  const uint32_t block = context_.synapses->BlockOf(synapse);
  const Step last = state_.cells[size_t{block} * rows_ + row_of_[synapse]].last;
  const auto felt = std::ranges::upper_bound(*pending_, last, {}, &DopamineSpike::arrival);
  if (felt == pending_->begin()) return state_.n;
  const Step at = std::prev(felt)->arrival;
  if (at <= context_.begin) return state_.n;
  if (read_n_at_ != at || read_n_after_ != state_.n_time) {
    read_n_at_ = at;
    read_n_after_ = state_.n_time;
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
                         Any("Wmax", "pA", 200, "Upper bound of weights; at least Wmin."),
                         Fixed(Any("c", "", 0, "Initial eligibility.")),
                         Fixed(Any("n", "", 0, "Initial dopamine."))},
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
