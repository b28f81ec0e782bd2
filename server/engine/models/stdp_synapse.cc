// Pair-based spike-timing dependent plasticity, all pairs, dendritic delay
// (Guetig et al. 2003; Morrison, Diesmann, Gerstner 2008).
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "server/engine/error.h"
#include "server/engine/math/decay.h"
#include "server/engine/math/pow.h"
#include "server/engine/models/models.h"
#include "server/engine/synapse_rule.h"

namespace spiked::engine {
namespace {

enum Parameter : size_t { kTauPlus, kLambda, kAlpha, kMuPlus, kMuMinus, kWmax };

class StdpRule final : public SynapseRule {
 public:
  explicit StdpRule(const RuleContext& context)
      : context_(context),
        tau_plus_(context.parameters[kTauPlus]),
        decay_(DecayOf(tau_plus_)),
        rows_(context.synapses->rows()),
        state_{{size_t{rows_} * context.synapses->blocks(), Cell{.last = context.begin},
                context.memory}} {
    SetParameters(context.parameters);
  }

  void SetParameters(ParameterRow parameters) override {
    if (tau_plus_ != parameters[kTauPlus]) decay_ = DecayOf(parameters[kTauPlus]);
    tau_plus_ = parameters[kTauPlus];
    lambda_ = parameters[kLambda];
    alpha_ = parameters[kAlpha];
    mu_plus_ = parameters[kMuPlus];
    mu_minus_ = parameters[kMuMinus];
    w_max_ = parameters[kWmax];
  }

  // Weights that no thread need fill in later.
  bool Build(Pace* pace) override { return context_.synapses->SpreadWeight(pace); }
  double OnSourceSpike(const CellPart& part, Step stamp) override;
  void AppendNeeds(Step slice_begin, std::pmr::vector<PostHistory::Interval>* needs) const override;
  void Save(StateWriter& write) const override { write(state_); }
  void Restore(StateReader& read) override;

 private:
  // What the synapses of a cell know of their source.
  struct Cell {
    double k_plus = 0.0;  // its trace, as of its last spike
    Step last;            // its last spike
    static void Members(auto& c, auto&& visit) { visit(c.k_plus, c.last); }
  };
  struct State {
    std::pmr::vector<Cell> cells;  // [block][row]
    static void Members(auto& s, auto&& visit) { visit(Fixed(s.cells)); }
  };

  Decay DecayOf(double tau_plus) const {
    return {tau_plus, context_.grid, context_.synapses->size(), context_.memory};
  }

  RuleContext context_;
  double tau_plus_;
  Decay decay_;
  double lambda_, alpha_, mu_plus_, mu_minus_, w_max_;
  uint32_t rows_;
  State state_;
};

double StdpRule::OnSourceSpike(const CellPart& part, Step stamp) {
  Synapses& synapses = *context_.synapses;
  const HistorySince history(*context_.history, context_.begin);
  auto& [k_plus, last] = state_.cells[size_t{part.block} * rows_ + part.row];
  double* const weights = synapses.weights().data();

  const auto update = [&](uint32_t begin, uint32_t end, Step delay) {
    for (uint32_t k = begin; k < end; ++k) {
      const uint32_t target = synapses.targets()[k];
      double w = weights[k] / w_max_;
      if (k_plus > 0) {
        for (const auto& post : history.Between(target, last - delay, stamp - delay)) {
          const double trace = k_plus * decay_(post.stamp + delay - last);
          w = std::min(1.0, w + lambda_ * Pow(1.0 - w, mu_plus_) * trace);
        }
      }
      const double k_minus = history.KMinus(target, stamp - delay);
      w = std::max(0.0, w - alpha_ * lambda_ * Pow(w, mu_minus_) * k_minus);
      weights[k] = w * w_max_;
    }
  };
  synapses.ForEachDelay(part.row, part.block, part.begin, part.end, update);
  if (!part.last) return 1.0;
  k_plus = k_plus * decay_(stamp - last) + 1.0;
  last = stamp;
  return 1.0;
}

void StdpRule::Restore(StateReader& read) {
  read(state_);
  for (const Cell& cell : state_.cells) {
    read.Require(read.HasHappened(cell.last), "the time of a spike");
  }
}

void StdpRule::AppendNeeds(Step slice_begin, std::pmr::vector<PostHistory::Interval>* needs) const {
  const Step delay = context_.synapses->delays().longest;
  // A spike that comes 760 time constants after the source's last one finds a
  // trace of exactly zero: exp(-745) is the last double above it, and traces
  // stay far below e^15.
  const double reach = 760.0 * tau_plus_ / context_.grid.resolution_ms();
  const Step longest =
      reach < static_cast<double>(kLastStep) ? static_cast<Step>(reach) + 1 : kLastStep;
  // All cells of a source know the same when neurons fire.
  for (const Cell& cell : std::span(state_.cells).first(rows_)) {
    if (cell.k_plus > 0) needs->push_back({cell.last - delay, cell.last + longest});
  }
  needs->push_back({slice_begin - delay, kNever});
}

// Wmax has the sign of the weights: negative for inhibitory synapses.
WeightBounds Bounds(ParameterRow p) {
  return {.low = std::min(0.0, p[kWmax]), .high = std::max(0.0, p[kWmax])};
}

absl::Status Check(ParameterRow p) {
  if (p[kWmax] != 0) return absl::OkStatus();
  return InvalidField("parameters[Wmax]", "must not be 0");
}

}  // namespace

ModelInfo models::StdpSynapse() {
  using namespace parameter;
  return {.name = "stdp_synapse",
          .kind = ModelKind::kSynapse,
          .description = "Pair-based STDP, all pairs, with dendritic delay (Guetig et al. 2003).",
          .parameters = {Positive("tau_plus", "ms", 20, "Time constant of the source's trace K+."),
                         Any("lambda", "", 0.01, "Step size."),
                         Any("alpha", "", 1, "Depression relative to facilitation."),
                         AtLeast(0, "mu_plus", "", 1, "Exponent of facilitation."),
                         AtLeast(0, "mu_minus", "", 1, "Exponent of depression."),
                         Any("Wmax", "pA", 100,
                             "Weights lie between 0 and this; negative for inhibitory synapses.")},
          .check = Check,
          .synapse = {.make = [](const RuleContext& context) -> std::unique_ptr<SynapseRule> {
                        return std::make_unique<StdpRule>(context);
                      },
                      .on_arrival = true,
                      .reads_history = true,
                      .bounds = Bounds}};
}

}  // namespace spiked::engine
