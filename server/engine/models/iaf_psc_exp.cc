// Leaky integrate-and-fire neurons with exponentially decaying synaptic
// currents, integrated exactly on the grid (Rotter and Diesmann 1999; Tsodyks,
// Uziel and Markram 2000).
#include "server/engine/neuron_model.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/models/iaf_psc_exp.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "server/engine/neuron_kernel-inl.h"

#ifndef SPIKED_IAF_PSC_EXP_CONSTANTS_
#define SPIKED_IAF_PSC_EXP_CONSTANTS_
namespace spiked::engine::iaf_psc_exp {
// States: the potential, then the currents.
enum State : size_t { kV, kEx, kIn };
// Propagators onto the potential and decay of the currents.
enum Constant : size_t {
  kP22 = kFirstOwnConstant,
  kP21Ex,
  kP21In,
  kP11Ex,
  kP11In,
  kConstants,
};
}  // namespace spiked::engine::iaf_psc_exp
#endif

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {
namespace {

struct Dynamics {
  static constexpr size_t kStates = 3, kReceptors = 2;
  static constexpr size_t kConstants = iaf_psc_exp::kConstants;
  static constexpr bool kArrivesAtOnce = false;

  template <class C>
  static HWY_INLINE V Potential(const V (&s)[kStates], const C& c, size_t lane, V drive, V) {
    using namespace iaf_psc_exp;
    return hn::Add(hn::Add(hn::Add(hn::Mul(s[kV], c(kP22, lane)), hn::Mul(s[kEx], c(kP21Ex, lane))),
                           hn::Mul(s[kIn], c(kP21In, lane))),
                   drive);
  }
  template <class C>
  static HWY_INLINE void Decay(V (&s)[kStates], const C& c, size_t lane) {
    using namespace iaf_psc_exp;
    s[kEx] = hn::Mul(s[kEx], c(kP11Ex, lane));
    s[kIn] = hn::Mul(s[kIn], c(kP11In, lane));
  }
  template <class C>
  static HWY_INLINE void Arrive(V (&s)[kStates], const C&, size_t, size_t receptor, V weights) {
    V& current = s[receptor == 0 ? iaf_psc_exp::kEx : iaf_psc_exp::kIn];
    current = hn::Add(current, weights);
  }
};

}  // namespace

bool AdvanceIafPscExp(const NeuronView& view, size_t first, size_t end, Step from, Step to,
                      std::pmr::vector<NeuronSpike>* spikes) {
  return AdvanceNeurons<Dynamics>(view, first, end, from, to, spikes);
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "server/engine/math/exp.h"
#include "server/engine/models/models.h"

namespace spiked::engine {
namespace {

HWY_EXPORT(AdvanceIafPscExp);

bool Advance(const NeuronView& view, size_t first, size_t end, Step from, Step to,
             std::pmr::vector<NeuronSpike>* spikes) {
  return HWY_DYNAMIC_DISPATCH(AdvanceIafPscExp)(view, first, end, from, to, spikes);
}

using P = Membrane<2>;
constexpr size_t kTau_syn_ex = P::kFirstSynaptic, kTau_syn_in = kTau_syn_ex + 1;

void Derive(ParameterRow p, const Grid& grid, std::span<double> c) {
  using namespace iaf_psc_exp;
  const double h = grid.resolution_ms();
  P::Derive(p, grid, c);
  c[kP22] = Exp(-h / p[P::kTau_m]);
  c[kDriveFactor] = p[P::kTau_m] / p[P::kC_m] * (1.0 - c[kP22]);
  c[kP21Ex] = CurrentPropagator(p[kTau_syn_ex], p[P::kTau_m], p[P::kC_m], h);
  c[kP21In] = CurrentPropagator(p[kTau_syn_in], p[P::kTau_m], p[P::kC_m], h);
  c[kP11Ex] = Exp(-h / p[kTau_syn_ex]);
  c[kP11In] = Exp(-h / p[kTau_syn_in]);
}

const NeuronModel kModel = {
    .states = 3,
    .constants = iaf_psc_exp::kConstants,
    .receptors = 2,
    .by_sign = true,
    .derive = Derive,
    .begin = P::Begin,
    .constant_current = P::kI_e,
    .tau_minus = P::kTau_minus,
    .recorded = {{iaf_psc_exp::kV, true}, {iaf_psc_exp::kEx, false}, {iaf_psc_exp::kIn, false}},
    .advance = Advance};

}  // namespace

ModelInfo models::IafPscExp() {
  using namespace parameter;
  std::vector<ParameterInfo> parameters = MembraneParameters(
      {Positive("tau_syn_ex", "ms", 2, "Time constant of excitatory currents."),
       Positive("tau_syn_in", "ms", 2, "Time constant of inhibitory currents.")});
  return {.name = "iaf_psc_exp",
          .kind = ModelKind::kNeuron,
          .description =
              "Leaky integrate-and-fire neuron with exponentially decaying synaptic currents, "
              "integrated exactly on the grid (Rotter and Diesmann 1999; Tsodyks, Uziel "
              "and Markram 2000). Weights are in pA.",
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
