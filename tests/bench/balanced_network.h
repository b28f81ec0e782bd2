// A random network of excitatory and inhibitory neurons in balance.
#pragma once

#include <cstdint>

#include "server/engine/network.h"
#include "server/engine/spec.h"

namespace spiked::bench {

// `neurons` iaf_psc_exp, four fifths of them excitatory. Each has `indegree`
// incoming synapses, four fifths of them excitatory; all are static and take
// 1.5 ms. A constant drive keeps the neurons firing, at about 10 Hz with an
// indegree of 1,250 and more with fewer and stronger synapses.
engine::NetworkSpec BalancedNetwork(uint32_t neurons, uint32_t indegree);

// The same with plain STDP (stdp_synapse) between excitatory neurons.
engine::NetworkSpec PlasticBalancedNetwork(uint32_t neurons, uint32_t indegree);

// Spikes of all neurons of such a network since it was created.
uint64_t CountSpikes(const engine::Network& network);

}  // namespace spiked::bench
