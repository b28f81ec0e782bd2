// Spikes, as reference files give them and as the server returns them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/cpp/recordings.h"
#include "client/verify/fields.h"

namespace spiked::verify {

struct Spike {
  double time_ms = 0.0;
  uint32_t neuron = 0;
};

// What the client library has read.
std::vector<Spike> ToSpikes(const client::Spikes& columns);

// The spikes of one neuron with these stamps.
std::vector<Spike> Train(absl::Span<const double> times_ms, uint32_t neuron = 0);

// A field that lists the stamps of each of `neurons` neurons in ms.
std::vector<Spike> ReadTrains(const Fields& fields, absl::string_view field, size_t neurons);
// A field that lists pairs of a neuron and a stamp in ms.
std::vector<Spike> ReadPairs(const Fields& fields, absl::string_view field);
// A neuron's index that was given as a number; an error about the field if it
// is none.
uint32_t ReadNeuron(const Fields& fields, absl::string_view field, double number);

}  // namespace spiked::verify
