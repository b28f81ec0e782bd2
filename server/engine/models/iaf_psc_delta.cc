// Leaky integrate-and-fire neurons whose potential jumps by the weight of each
// spike, in mV.
#include "server/engine/neuron_model.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/models/iaf_psc_delta.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "server/engine/neuron_kernel-inl.h"

#ifndef SPIKED_IAF_PSC_DELTA_CONSTANTS_
#define SPIKED_IAF_PSC_DELTA_CONSTANTS_
namespace spiked::engine::iaf_psc_delta {
enum State : size_t { kV };
enum Constant : size_t {
  kP33 = kFirstOwnConstant,
  kFloor,  // V_min
  kConstants,
};
}  // namespace spiked::engine::iaf_psc_delta
#endif

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {
namespace {

struct Dynamics {
  static constexpr size_t kStates = 1, kReceptors = 1;
  static constexpr size_t kConstants = iaf_psc_delta::kConstants;
  // What arrives while the neuron is refractory is lost.
  static constexpr bool kArrivesAtOnce = true;

  template <class C>
  static HWY_INLINE V Potential(const V (&s)[kStates], const C& c, size_t lane, V drive,
                                V arriving) {
    using namespace iaf_psc_delta;
    return AtLeast(hn::Add(hn::Add(drive, hn::Mul(c(kP33, lane), s[kV])), arriving),
                   c(kFloor, lane));
  }
};

}  // namespace

bool AdvanceIafPscDelta(const NeuronView& view, size_t first, size_t end, Step from, Step to,
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

HWY_EXPORT(AdvanceIafPscDelta);

bool Advance(const NeuronView& view, size_t first, size_t end, Step from, Step to,
             std::pmr::vector<NeuronSpike>* spikes) {
  return HWY_DYNAMIC_DISPATCH(AdvanceIafPscDelta)(view, first, end, from, to, spikes);
}

using P = Membrane<0>;
constexpr size_t kV_min = P::kFurther;

void Derive(ParameterRow p, const Grid& grid, std::span<double> c) {
  using namespace iaf_psc_delta;
  P::Derive(p, grid, c);
  c[kFloor] = p[kV_min] - p[P::kE_L];
  c[kP33] = Exp(-grid.resolution_ms() / p[P::kTau_m]);
  c[kDriveFactor] = 1 / p[P::kC_m] * (1 - c[kP33]) * p[P::kTau_m];
}

const NeuronModel kModel = {.states = 1,
                            .constants = iaf_psc_delta::kConstants,
                            .receptors = 1,
                            .by_sign = false,
                            .derive = Derive,
                            .begin = P::Begin,
                            .constant_current = P::kI_e,
                            .tau_minus = P::kTau_minus,
                            .recorded = {{iaf_psc_delta::kV, true}},
                            .advance = Advance};

}  // namespace

ModelInfo models::IafPscDelta() {
  using namespace parameter;
  std::vector<ParameterInfo> parameters = MembraneParameters({});
  constexpr double kInf = std::numeric_limits<double>::infinity();
  parameters.push_back(
      MayBeInfinite(-kInf, Any("V_min", "mV", -kInf, "Lower bound of the potential.")));
  return {.name = "iaf_psc_delta",
          .kind = ModelKind::kNeuron,
          .description =
              "Leaky integrate-and-fire neuron whose potential jumps by the weight of each "
              "spike, in mV; what arrives while it is refractory is lost.",
          .parameters = std::move(parameters),
          .recordables = {{"V_m", "mV", "Membrane potential."}},
          .emission = Emission::kSpikes,
          .receives_spikes = true,
          .check = P::Check,
          .neuron = &kModel};
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
