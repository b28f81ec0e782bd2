// What a neuron model computes, as tables and a handful of functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/model.h"
#include "server/engine/time.h"

namespace spiked::engine {

// The most that any model has of each.
inline constexpr size_t kMaxStates = 6;
inline constexpr size_t kMaxConstants = 24;
inline constexpr size_t kMaxReceptors = 2;

// Constants that all models have, before their own. Potentials are relative to
// the resting potential.
enum CommonConstant : size_t {
  kThreshold,
  kReset,
  kRefractorySteps,
  kDriveFactor,  // mV over a step for a constant current of one pA
  kRest,
  kFirstOwnConstant,
};

struct NeuronSpike {
  Step stamp;
  uint32_t lane;
};

// Raw arrays of a group of neurons, for the kernels. Every array has `stride`
// entries, a multiple of kLanePadding, and is aligned to it.
struct NeuronView {
  size_t lanes, stride;
  const double* constants;  // one of each if uniform, else [constant][lane]
  bool uniform;
  double* states[kMaxStates];              // the potential first
  double* refractory;                      // steps left
  const double* drive;                     // (I_e + currents of devices) * drive factor
  double* rings[kMaxReceptors];            // [slot][lane]: weights that arrive
  const uint8_t* occupied[kMaxReceptors];  // [slot]: whether anything does
  size_t slot_mask;
};
inline constexpr size_t kLanePadding = 8;

// A recordable: a state, with the resting potential added where it is relative
// to that.
struct RecordedState {
  size_t state;
  bool above_rest;
};

struct NeuronModel {
  size_t states, constants, receptors;  // constants with the common ones

  // Whether positive and other weights have receptors of their own (the first
  // and the second); else all go to one.
  bool by_sign;

  // Constants of a neuron at a resolution, and its state at the beginning.
  void (*derive)(ParameterRow parameters, const Grid& grid, std::span<double> constants);
  void (*begin)(ParameterRow parameters, std::span<double> states);
  size_t constant_current;  // the parameter I_e
  size_t tau_minus;         // the parameter of the trace K-

  // As many as the model has recordables, in their order.
  std::vector<RecordedState> recorded;

  // Carries lanes [first, end) from step `from` to step `to` and appends the
  // spikes; both are multiples of kLanePadding. Whether all state has stayed
  // finite: a current that has not never becomes so again, and a potential only
  // by a spike.
  bool (*advance)(const NeuronView& view, size_t first, size_t end, Step from, Step to,
                  std::pmr::vector<NeuronSpike>* spikes);
};

// INVALID_ARGUMENT unless V_reset < V_th.
absl::Status CheckReset(double V_reset, double V_th);

// Effect of a unit of exponentially decaying synaptic current at the beginning
// of a step of h on the potential at its end (Rotter and Diesmann 1999).
double CurrentPropagator(double tau_syn, double tau_m, double C_m, double h);

// The parameters that all integrate-and-fire models have; `synaptic` are a
// model's own ones, which come third.
std::vector<ParameterInfo> MembraneParameters(std::vector<ParameterInfo> synaptic);

// Their places, with so many synaptic ones.
template <size_t kSynaptic>
struct Membrane {
  enum Parameter : size_t {
    kC_m,
    kTau_m,
    kFirstSynaptic,
    kT_ref = kFirstSynaptic + kSynaptic,
    kE_L,
    kV_th,
    kV_reset,
    kI_e,
    kV_m,
    kTau_minus,
    kFurther,  // what a model appends
  };

  // V_reset < V_th.
  static absl::Status Check(ParameterRow p) { return CheckReset(p[kV_reset], p[kV_th]); }
  // The common constants but the drive factor.
  static void Derive(ParameterRow p, const Grid& grid, std::span<double> constants) {
    constants[kThreshold] = p[kV_th] - p[kE_L];
    constants[kReset] = p[kV_reset] - p[kE_L];
    constants[kRefractorySteps] = static_cast<double>(grid.ToSteps(p[kT_ref]).value_or(0));
    constants[kRest] = p[kE_L];
  }
  // The potential, the first of all states.
  static void Begin(ParameterRow p, std::span<double> states) { states[0] = p[kV_m] - p[kE_L]; }
};

}  // namespace spiked::engine
