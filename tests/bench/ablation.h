// Specifications with a part taken out, to see what the part costs.
//
// The engine has no clock in it, and sampling its stack would blame inlined
// kernels on their callers. So a part's cost is that of the network as it is
// less that of the network without the part, measured in turn. What the part
// brings about is then counted with it: noise, say, includes the spikes that
// it evokes.
#pragma once

#include "server/engine/spec.h"

namespace spiked::bench {

// All plastic projections with static synapses of the same weights.
engine::NetworkSpec WithoutPlasticity(engine::NetworkSpec spec);

// Without the population `background` and its projections; as it is, if there
// is none.
engine::NetworkSpec WithoutBackground(engine::NetworkSpec spec);

}  // namespace spiked::bench
