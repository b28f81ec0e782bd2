#include "server/engine/stdp.h"

#include "server/engine/math/exp.h"
#include "server/engine/math/pow.h"

namespace spiked::engine {

StdpRule::StdpRule(const Numbers& parameters, const PlasticContext& context)
    : context_(context),
      tau_plus_(parameters.at("tau_plus")),
      lambda_(parameters.at("lambda")),
      alpha_(parameters.at("alpha")),
      mu_plus_(parameters.at("mu_plus")),
      mu_minus_(parameters.at("mu_minus")),
      w_max_(parameters.at("Wmax")),
      rows_(context.synapses->rows(), Row{.last = context.begin}) {
  context_.history->AddReader(
      [this](std::vector<PostHistory::Interval>* needs) { AppendNeeds(needs); });
}

void StdpRule::OnSourceSpike(uint32_t row, Step stamp) {
  Synapses& synapses = *context_.synapses;
  const PostHistory& history = *context_.history;
  const double h = context_.grid.resolution_ms();
  double& k_plus = rows_[row].k_plus;
  Step& last = rows_[row].last;

  synapses.ForEachDelay(row, 0, [&](uint32_t begin, uint32_t end, Step delay) {
    for (uint32_t k = begin; k < end; ++k) {
      const uint32_t target = synapses.targets()[k];
      double w = synapses.weights()[k] / w_max_;
      if (k_plus > 0) {
        for (const auto& post : history.Between(target, last - delay, stamp - delay)) {
          const double trace =
              k_plus * Exp(static_cast<double>(last - (post.stamp + delay)) * h / tau_plus_);
          w = std::min(1.0, w + lambda_ * Pow(1.0 - w, mu_plus_) * trace);
        }
      }
      const double k_minus = history.KMinus(target, stamp - delay);
      w = std::max(0.0, w - alpha_ * lambda_ * Pow(w, mu_minus_) * k_minus);
      synapses.weights()[k] = w * w_max_;
    }
  });
  k_plus = k_plus * Exp(static_cast<double>(last - stamp) * h / tau_plus_) + 1.0;
  last = stamp;
}

void StdpRule::AppendNeeds(std::vector<PostHistory::Interval>* needs) const {
  const Step delay = context_.synapses->delays().longest;
  // A spike that comes 760 time constants after the source's last one finds a
  // trace of exactly zero: exp(-745) is the last double above it, and traces
  // stay far below e^15.
  const double reach = 760.0 * tau_plus_ / context_.grid.resolution_ms();
  const Step longest =
      reach < static_cast<double>(kLastStep) ? static_cast<Step>(reach) + 1 : kLastStep;
  for (const Row& row : rows_) {
    if (row.k_plus > 0) needs->push_back({row.last - delay, row.last + longest});
  }
  needs->push_back({*context_.slice_begin - delay, kNever});
}

}  // namespace spiked::engine
