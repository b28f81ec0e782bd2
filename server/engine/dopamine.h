// Spike-timing dependent plasticity modulated by dopamine (Izhikevich 2007;
// Potjans, Morrison, Diesmann 2010): dw/dt = c (n - b), where the eligibility c
// follows the spikes of source and target, and n those of dopamine neurons.
//
// Between events the equations have a closed solution. The dopamine n is the
// same for all synapses of the projection and the time of the last update the
// same for all synapses of a source, so that the exponentials of an update are
// worked out once and applied to many synapses.
#pragma once

#include <span>
#include <vector>

#include "server/engine/plasticity.h"

namespace spiked::engine {

// Dopamine spikes that arrive in one step.
struct DopamineSpike {
  Step arrival;
  uint64_t multiplicity;
};

class DopamineRule final : public PlasticityRule {
 public:
  // `pending` holds the transmitter's spikes since its last delivery; it
  // outlives the rule. `targets` is the size of the target population.
  DopamineRule(const Numbers& parameters, const PlasticContext& context, uint32_t targets,
               const std::vector<DopamineSpike>* pending);

  // The transmitter delivers: brings all synapses up to `now` by the pending
  // spikes, which the caller then forgets.
  void Trigger(Step now);

  void OnSourceSpike(uint32_t row, Step stamp) override;
  double Variable(absl::string_view name, uint32_t synapse) const override;
  size_t bytes() const override;

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
    Step from = 0, to = 0;
    std::vector<Piece> pieces;
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

  PlasticContext context_;
  double a_plus_, a_minus_, tau_plus_, tau_c_, tau_n_, b_, w_min_, w_max_, s_;
  const std::vector<DopamineSpike>* pending_;

  std::vector<double> c_;  // one for each synapse
  struct Row {
    double k_plus = 0.0;  // trace of the source at the last update
    Step last;            // last update
  };
  std::vector<Row> rows_;
  double n_ = 0.0;  // dopamine at the last delivery
  Step n_time_;

  // Synapses by target.
  std::vector<uint32_t> column_begin_, column_synapses_, row_of_;

  // Scratch, kept so that nothing is allocated in a step.
  static constexpr Step kTabulated = 32;
  std::vector<Decay> table_;  // spans from -kTabulated to kTabulated
  static constexpr size_t kCachedPaths = 16;
  std::vector<Path> paths_;
  size_t paths_used_ = 0;
  std::vector<uint32_t> columns_;      // targets that have fired
  std::vector<double> eligibilities_;  // of their synapses, column by column
};

// w[k] <- w[k] - c[k] slope, clipped to [w_min, w_max]; c[k] <- c[k] c_decay.
void FollowPiece(double* w, double* c, size_t n, double slope, double c_decay, double w_min,
                 double w_max);

}  // namespace spiked::engine
