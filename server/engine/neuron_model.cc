#include "server/engine/neuron_model.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/math/exp.h"
#include "server/engine/number.h"

namespace spiked::engine {

double CurrentPropagator(double tau_syn, double tau_m, double C_m, double h) {
  const double inverse_beta = (tau_m - tau_syn) / (tau_syn * tau_m);
  const double gamma = (tau_syn * tau_m) / (tau_m - tau_syn) / C_m;
  const double exact = gamma * Exp(-h / tau_syn) * Expm1(h * inverse_beta);
  // Equal time constants give 0 * inf; the limit is finite.
  return std::isnormal(exact) && exact > 0 ? exact : h / C_m * Exp(-h / tau_m);
}

std::vector<ParameterInfo> MembraneParameters(std::vector<ParameterInfo> synaptic) {
  using namespace parameter;
  constexpr double kInf = std::numeric_limits<double>::infinity();
  std::vector<ParameterInfo> all = {
      Positive("C_m", "pF", 250, "Membrane capacitance."),
      Positive("tau_m", "ms", 10, "Membrane time constant."),
  };
  all.insert(all.end(), synaptic.begin(), synaptic.end());
  for (const ParameterInfo& info : {
           OnGrid(Between(0, 1e6, "t_ref", "ms", 2, "Absolute refractory time, on the grid.")),
           Any("E_L", "mV", -70, "Resting potential."),
           MayBeInfinite(
               kInf, Any("V_th", "mV", -55, "Threshold; above V_reset. Infinite: it never fires.")),
           Any("V_reset", "mV", -70, "Potential after a spike."),
           Any("I_e", "pA", 0, "Constant current."),
           Follows("E_L", Any("V_m", "mV", 0, "Initial membrane potential; E_L unless given.")),
           Positive("tau_minus", "ms", 20, "Time constant of the neuron's trace K- for STDP."),
       }) {
    all.push_back(info);
  }
  return all;
}

absl::Status CheckReset(double V_reset, double V_th) {
  if (!(V_reset >= V_th)) return absl::OkStatus();
  return InvalidField("parameters[V_reset]",
                      absl::StrFormat("must be below V_th: %s mV is not below %s mV",
                                      ToText(V_reset), ToText(V_th)));
}

}  // namespace spiked::engine
