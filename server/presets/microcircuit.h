// A square millimetre of early sensory cortex.
#pragma once

#include "server/engine/spec.h"

namespace spiked::presets {

enum class MicrocircuitInput {
  kPoisson,  // spikes, as from a Poisson process for each external synapse
  kDirect    // a constant current of the same mean
};

struct MicrocircuitOptions {
  // Of the numbers of neurons and of synapses per neuron, from above 0 to 1.
  // Below 1 weights grow by 1/sqrt(scale) and a constant current makes up for
  // the mean input that is missing, so that rates stay about as they are.
  double scale = 1.0;
  MicrocircuitInput input = MicrocircuitInput::kPoisson;
};

// The cortical microcircuit of Potjans & Diesmann 2014, Cereb. Cortex 24(3),
// 785-806: excitatory and inhibitory neurons of four layers, populations
// `L23E`, `L23I`, `L4E`, ... `L6I`, all recorded; with Poisson input also
// `L23E_input` and so on. At full scale 77,169 neurons and 0.3 billion synapses
// under a square millimetre of surface.
engine::NetworkSpec Microcircuit(const MicrocircuitOptions& options);

}  // namespace spiked::presets
