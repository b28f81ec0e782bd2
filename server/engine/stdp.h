// Pair-based spike-timing dependent plasticity, all pairs, dendritic delay
// (Guetig et al. 2003; Morrison, Diesmann, Gerstner 2008).
#pragma once

#include <vector>

#include "server/engine/plasticity.h"

namespace spiked::engine {

class StdpRule final : public PlasticityRule {
 public:
  StdpRule(const Numbers& parameters, const PlasticContext& context);

  void OnSourceSpike(uint32_t row, Step stamp) override;
  size_t bytes() const override { return rows_.capacity() * sizeof(Row); }

 private:
  struct Row {
    double k_plus = 0.0;  // trace of the source, as of its last spike
    Step last;            // its last spike
  };

  void AppendNeeds(std::vector<PostHistory::Interval>* needs) const;

  PlasticContext context_;
  double tau_plus_, lambda_, alpha_, mu_plus_, mu_minus_, w_max_;
  std::vector<Row> rows_;
};

}  // namespace spiked::engine
