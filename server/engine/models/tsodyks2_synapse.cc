// Short-term plasticity (Tsodyks, Uziel and Markram 2000; Maass and Markram
// 2002). The resources x and the utilisation u are the same for all synapses of
// a source, which see the same spikes.
#include <vector>

#include "server/engine/math/exp.h"
#include "server/engine/models/models.h"
#include "server/engine/synapse_rule.h"

namespace spiked::engine {
namespace {

enum Parameter : size_t { kU, kTauRec, kTauFac, kFirstU, kFirstX };

class Tsodyks2Rule final : public SynapseRule {
 public:
  explicit Tsodyks2Rule(const RuleContext& context)
      : synapses_(*context.synapses),
        h_(context.grid.resolution_ms()),
        rows_(synapses_.rows()),
        state_{{size_t{rows_} * synapses_.blocks(),
                Cell{.u = context.parameters[kFirstU], .x = context.parameters[kFirstX]},
                context.memory}} {
    SetParameters(context.parameters);
  }

  void SetParameters(ParameterRow parameters) override {
    U_ = parameters[kU];
    tau_rec_ = parameters[kTauRec];
    tau_fac_ = parameters[kTauFac];
  }

  double OnSourceSpike(const CellPart& part, Step stamp) override {
    Cell& cell = state_.cells[size_t{part.block} * rows_ + part.row];
    Cell next = {.u = cell.u, .x = cell.x, .last = stamp};
    if (cell.last != kNever) {
      const double span = static_cast<double>(stamp - cell.last) * h_;
      next.x = 1.0 + (cell.x - cell.x * cell.u - 1.0) * Exp(-span / tau_rec_);
      next.u = U_ + cell.u * (1.0 - U_) * (tau_fac_ == 0 ? 0.0 : Exp(-span / tau_fac_));
    }
    if (part.last) cell = next;
    return next.x * next.u;
  }

  double Variable(size_t recordable, uint32_t synapse) const override {
    const Cell& cell =
        state_.cells[size_t{synapses_.BlockOf(synapse)} * rows_ + synapses_.RowOf(synapse)];
    return recordable == 0 ? cell.u : cell.x;
  }

  void Save(StateWriter& write) const override { write(state_); }
  void Restore(StateReader& read) override {
    read(state_);
    for (const Cell& cell : state_.cells) {
      read.Require(cell.last == kNever || read.HasHappened(cell.last), "the time of a spike");
    }
  }

 private:
  // What the synapses of a cell have left after the source's last spike.
  struct Cell {
    double u, x;
    Step last = kNever;  // kNever: none yet
    static void Members(auto& c, auto&& visit) { visit(c.u, c.x, c.last); }
  };
  struct State {
    std::pmr::vector<Cell> cells;  // [block][row]
    static void Members(auto& s, auto&& visit) { visit(Fixed(s.cells)); }
  };

  const Synapses& synapses_;
  double h_, U_, tau_rec_, tau_fac_;
  uint32_t rows_;
  State state_;
};

}  // namespace

ModelInfo models::Tsodyks2Synapse() {
  using namespace parameter;
  return {.name = "tsodyks2_synapse",
          .kind = ModelKind::kSynapse,
          .description =
              "Short-term plasticity (Tsodyks, Uziel and Markram 2000; Maass and "
              "Markram 2002): transmits x u w.",
          .parameters = {Between(0, 1, "U", "", 0.5, "Utilisation that a spike adds at rest."),
                         Positive("tau_rec", "ms", 800, "Time constant of recovery."),
                         AtLeast(0, "tau_fac", "ms", 0,
                                 "Time constant of facilitation; 0: no facilitation."),
                         Follows("U", Fixed(Between(0, 1, "u", "", 0,
                                                    "Initial utilisation; U unless "
                                                    "given."))),
                         Fixed(Between(0, 1, "x", "", 1, "Initial resources."))},
          .recordables = {{"u", "", "Utilisation, as of the source's last spike."},
                          {"x", "", "Resources, as of the source's last spike."}},
          .synapse = {.make = [](const RuleContext& context) -> std::unique_ptr<SynapseRule> {
                        return std::make_unique<Tsodyks2Rule>(context);
                      },
                      .on_arrival = true}};
}

}  // namespace spiked::engine
