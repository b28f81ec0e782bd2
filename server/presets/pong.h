// The networks that play pong.
#pragma once

#include <cstdint>

#include "server/engine/spec.h"

namespace spiked::presets {

struct PongOptions {
  uint32_t num_neurons = 20;  // rows of the field
  bool noise = false;         // background on the motor neurons
};

// Reward-modulated STDP, after Wunderlich et al. 2019, Front. Neurosci. 13:260.
// Populations `input`, `relay`, `motor` and, with noise, `background`.
engine::NetworkSpec PongRstdp(const PongOptions& options);

// Actor and critic with dopaminergic STDP, after Potjans, Diesmann & Morrison
// 2011, PLoS Comput. Biol. 7(5). Beside the populations of PongRstdp:
// `striatum`, `vp`, `dopa`, `transmitter` and `dopa_current`.
engine::NetworkSpec PongDopamine(const PongOptions& options);

}  // namespace spiked::presets
