#include "server/engine/dopamine.h"

#include <algorithm>
#include <numeric>

#include "server/engine/math/exp.h"

namespace spiked::engine {

DopamineRule::DopamineRule(const Numbers& parameters, const PlasticContext& context,
                           uint32_t targets, const std::vector<DopamineSpike>* pending)
    : context_(context),
      a_plus_(parameters.at("A_plus")),
      a_minus_(parameters.at("A_minus")),
      tau_plus_(parameters.at("tau_plus")),
      tau_c_(parameters.at("tau_c")),
      tau_n_(parameters.at("tau_n")),
      b_(parameters.at("b")),
      w_min_(parameters.at("Wmin")),
      w_max_(parameters.at("Wmax")),
      s_((tau_c_ + tau_n_) / (tau_c_ * tau_n_)),
      pending_(pending),
      c_(context.synapses->size()),
      rows_(context.synapses->rows(), Row{.last = context.begin}),
      n_time_(context.begin) {
  const Synapses& synapses = *context.synapses;
  column_begin_.assign(targets + 1, 0);
  for (const uint32_t target : synapses.targets()) ++column_begin_[target + 1];
  std::partial_sum(column_begin_.begin(), column_begin_.end(), column_begin_.begin());
  column_synapses_.resize(synapses.size());
  row_of_.resize(synapses.size());
  std::vector<uint32_t> next(column_begin_.begin(), column_begin_.end() - 1);
  for (uint32_t row = 0; row < synapses.rows(); ++row) {
    for (uint32_t k = synapses.row_begin(row); k < synapses.row_end(row); ++k) {
      row_of_[k] = row;
      column_synapses_[next[synapses.targets()[k]]++] = k;
    }
  }
  table_.reserve(2 * kTabulated + 1);
  for (Step span = -kTabulated; span <= kTabulated; ++span) table_.push_back(ComputeDecay(span));
  context_.history->AddReader([this](std::vector<PostHistory::Interval>* needs) {
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
  if (paths_used_ == paths_.size()) paths_.emplace_back();
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

void DopamineRule::Trigger(Step now) {
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

void DopamineRule::OnSourceSpike(uint32_t row, Step stamp) {
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
}

double DopamineRule::Variable(absl::string_view name, uint32_t synapse) const {
  if (name == "c") return c_[synapse];
  // As of the last dopamine spike that the synapse has felt, or the last
  // delivery.
  const Step last = rows_[row_of_[synapse]].last;
  double n = n_;
  for (const DopamineSpike& spike : *pending_) {
    if (spike.arrival <= last) n = DopamineAt(spike.arrival);
  }
  return n;
}

size_t DopamineRule::bytes() const {
  return c_.capacity() * sizeof(double) + rows_.capacity() * sizeof(Row) +
         (column_begin_.capacity() + column_synapses_.capacity() + row_of_.capacity()) *
             sizeof(uint32_t) +
         table_.capacity() * sizeof(Decay);
}

}  // namespace spiked::engine
