// Leaky integrate-and-fire neurons with alpha-shaped synaptic currents,
// integrated exactly on the grid (Rotter and Diesmann 1999).
#include "server/engine/neuron_model.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/models/iaf_psc_alpha.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "server/engine/neuron_kernel-inl.h"

#ifndef SPIKED_IAF_PSC_ALPHA_CONSTANTS_
#define SPIKED_IAF_PSC_ALPHA_CONSTANTS_
namespace spiked::engine::iaf_psc_alpha {
// States: the potential, then the currents and their slopes.
enum State : size_t { kV, kEx, kSlopeEx, kIn, kSlopeIn };
enum Constant : size_t {
  kEm1 = kFirstOwnConstant,  // expm1(-h/tau_m)
  kP31Ex,
  kP32Ex,
  kP31In,
  kP32In,
  kP11Ex,
  kP21Ex,
  kP11In,
  kP21In,
  kSlopeOfWeightEx,  // e / tau_syn
  kSlopeOfWeightIn,
  kFloor,  // V_min
  kConstants,
};
}  // namespace spiked::engine::iaf_psc_alpha
#endif

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {
namespace {

struct Dynamics {
  static constexpr size_t kStates = 5, kReceptors = 2;
  static constexpr size_t kConstants = iaf_psc_alpha::kConstants;
  static constexpr bool kArrivesAtOnce = false;

  template <class C>
  static HWY_INLINE V Potential(const V (&s)[kStates], const C& c, size_t lane, V drive, V) {
    using namespace iaf_psc_alpha;
    V v = hn::Add(drive, hn::Mul(c(kP31Ex, lane), s[kSlopeEx]));
    v = hn::Add(v, hn::Mul(c(kP32Ex, lane), s[kEx]));
    v = hn::Add(v, hn::Mul(c(kP31In, lane), s[kSlopeIn]));
    v = hn::Add(v, hn::Mul(c(kP32In, lane), s[kIn]));
    v = hn::Add(v, hn::Mul(c(kEm1, lane), s[kV]));
    return AtLeast(hn::Add(v, s[kV]), c(kFloor, lane));
  }
  template <class C>
  static HWY_INLINE void Decay(V (&s)[kStates], const C& c, size_t lane) {
    using namespace iaf_psc_alpha;
    s[kEx] = hn::Add(hn::Mul(c(kP21Ex, lane), s[kSlopeEx]), hn::Mul(c(kP11Ex, lane), s[kEx]));
    s[kSlopeEx] = hn::Mul(s[kSlopeEx], c(kP11Ex, lane));
    s[kIn] = hn::Add(hn::Mul(c(kP21In, lane), s[kSlopeIn]), hn::Mul(c(kP11In, lane), s[kIn]));
    s[kSlopeIn] = hn::Mul(s[kSlopeIn], c(kP11In, lane));
  }
  template <class C>
  static HWY_INLINE void Arrive(V (&s)[kStates], const C& c, size_t lane, size_t receptor,
                                V weights) {
    using namespace iaf_psc_alpha;
    V& slope = s[receptor == 0 ? kSlopeEx : kSlopeIn];
    const V of_weight = c(receptor == 0 ? kSlopeOfWeightEx : kSlopeOfWeightIn, lane);
    slope = hn::Add(slope, hn::Mul(of_weight, weights));
  }
};

}  // namespace

bool AdvanceIafPscAlpha(const NeuronView& view, size_t first, size_t end, Step from, Step to,
                        std::pmr::vector<NeuronSpike>* spikes) {
  return AdvanceNeurons<Dynamics>(view, first, end, from, to, spikes);
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

#include "server/engine/math/exp.h"
#include "server/engine/models/models.h"

namespace spiked::engine {
namespace {

HWY_EXPORT(AdvanceIafPscAlpha);

bool Advance(const NeuronView& view, size_t first, size_t end, Step from, Step to,
             std::pmr::vector<NeuronSpike>* spikes) {
  return HWY_DYNAMIC_DISPATCH(AdvanceIafPscAlpha)(view, first, end, from, to, spikes);
}

using P = Membrane<2>;
constexpr size_t kTau_syn_ex = P::kFirstSynaptic, kTau_syn_in = kTau_syn_ex + 1;
constexpr size_t kV_min = P::kFurther;

// P31: effect of a unit of slope at the beginning of a step on the potential.
double SlopePropagator(double tau_syn, double tau_m, double C_m, double h) {
  if (!(h > 1e-7 * tau_m * tau_m / std::abs(tau_m - tau_syn))) {
    return h * h / 2 / C_m * Exp(-h * (1 / tau_m));
  }
  const double beta = tau_syn * tau_m / (tau_m - tau_syn);
  const double inverse_beta = (tau_m - tau_syn) / (tau_syn * tau_m);
  return beta / C_m * Exp(-h * (1 / tau_syn)) * (beta * Expm1(h * inverse_beta) - h);
}

void Derive(ParameterRow p, const Grid& grid, std::span<double> c) {
  using namespace iaf_psc_alpha;
  constexpr double kE = 2.718281828459045;
  const double h = grid.resolution_ms();
  P::Derive(p, grid, c);
  c[kFloor] = p[kV_min] - p[P::kE_L];
  c[kEm1] = Expm1(-h / p[P::kTau_m]);
  c[kDriveFactor] = -p[P::kTau_m] / p[P::kC_m] * c[kEm1];
  c[kP11Ex] = Exp(-h / p[kTau_syn_ex]);
  c[kP11In] = Exp(-h / p[kTau_syn_in]);
  c[kP21Ex] = h * c[kP11Ex];
  c[kP21In] = h * c[kP11In];
  c[kP31Ex] = SlopePropagator(p[kTau_syn_ex], p[P::kTau_m], p[P::kC_m], h);
  c[kP31In] = SlopePropagator(p[kTau_syn_in], p[P::kTau_m], p[P::kC_m], h);
  c[kP32Ex] = CurrentPropagator(p[kTau_syn_ex], p[P::kTau_m], p[P::kC_m], h);
  c[kP32In] = CurrentPropagator(p[kTau_syn_in], p[P::kTau_m], p[P::kC_m], h);
  c[kSlopeOfWeightEx] = kE / p[kTau_syn_ex];
  c[kSlopeOfWeightIn] = kE / p[kTau_syn_in];
}

const NeuronModel kModel = {.states = 5,
                            .constants = iaf_psc_alpha::kConstants,
                            .receptors = 2,
                            .by_sign = true,
                            .derive = Derive,
                            .begin = P::Begin,
                            .constant_current = P::kI_e,
                            .tau_minus = P::kTau_minus,
                            .recorded = {{iaf_psc_alpha::kV, true},
                                         {iaf_psc_alpha::kEx, false},
                                         {iaf_psc_alpha::kIn, false}},
                            .advance = Advance};

}  // namespace

ModelInfo models::IafPscAlpha() {
  using namespace parameter;
  std::vector<ParameterInfo> parameters = MembraneParameters(
      {Positive("tau_syn_ex", "ms", 2, "Time constant of excitatory currents."),
       Positive("tau_syn_in", "ms", 2, "Time constant of inhibitory currents.")});
  constexpr double kInf = std::numeric_limits<double>::infinity();
  parameters.push_back(
      MayBeInfinite(-kInf, Any("V_min", "mV", -kInf, "Lower bound of the potential.")));
  return {.name = "iaf_psc_alpha",
          .kind = ModelKind::kNeuron,
          .description =
              "Leaky integrate-and-fire neuron with alpha-shaped synaptic currents, integrated "
              "exactly on the grid (Rotter and Diesmann 1999). Weights are in pA, the "
              "peak of the current.",
          .parameters = std::move(parameters),
          .recordables = {{"V_m", "mV", "Membrane potential."},
                          {"I_syn_ex", "pA", "Excitatory synaptic current."},
                          {"I_syn_in", "pA", "Inhibitory synaptic current."}},
          .emission = Emission::kSpikes,
          .receives_spikes = true,
          .check = P::Check,
          .neuron = &kModel};
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
