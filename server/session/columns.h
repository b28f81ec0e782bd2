// From the engine's views to the contract's columns, and how many bytes these
// take at most in a message.
#pragma once

#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"
#include "server/engine/network.h"
#include "server/engine/spec.h"
#include "server/engine/time.h"
#include "server/session/address.h"
#include "spiked/v1/data.pb.h"

namespace spiked::session {

inline constexpr uint64_t kBytesPerIndex = 5;   // a varint of 32 bits
inline constexpr uint64_t kBytesPerCount = 10;  // a varint of 64 bits
inline constexpr uint64_t kBytesPerNumber = 8;
inline constexpr uint64_t kBytesPerSpike = kBytesPerNumber + kBytesPerIndex;
// One connection of a projection with so many further variables.
uint64_t BytesPerSynapse(const engine::Network::ProjectionInfo& projection, uint64_t variables);

// How often each neuron has fired since there were `before`.
void FillSpikeCounts(absl::string_view address, std::span<const uint64_t> totals,
                     std::span<const uint64_t> before, v1::SpikeCounts* message);
// Spikes [first, first + count) of a view. `after` is the time that was asked
// for; `dropped` spikes are missing.
void FillSpikes(absl::string_view address, const engine::SpikeView& view, uint64_t first,
                uint64_t count, engine::Step after, uint64_t dropped, const engine::Grid& grid,
                v1::Spikes* message);
// Some of the neurons that a multimeter records.
void FillSignals(absl::string_view address, const engine::Network::MultimeterInfo& multimeter,
                 const engine::SignalView& view, engine::NeuronRange neurons, engine::Step after,
                 const engine::Grid& grid, v1::Signals* message);

// Entries [first, first + count) of a view. `after` is the time that was asked for;
// `dropped` entries are missing.
void FillWeightRecord(absl::string_view address, const Part& projection,
                      const engine::WeightRecordView& view, uint64_t first, uint64_t count,
                      engine::Step after, uint64_t dropped, const engine::Grid& grid,
                      v1::WeightRecord* message);

// A further variable of a projection's synapses.
struct SynapseVariable {
  absl::string_view name;
  size_t number;  // engine::Network::SynapseVariable
};

// Connections [first, first + count) of a projection.
void FillWeights(absl::string_view address, const Part& projection, uint64_t first, uint64_t count,
                 std::span<const SynapseVariable> variables, v1::Weights* message);
// Their delays.
void FillDelays(const Part& projection, uint64_t first, uint64_t count, const engine::Grid& grid,
                v1::Weights* message);

}  // namespace spiked::session
