// Short ways to write a specification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "spiked/v1/network.pb.h"

namespace spiked::verify {

// Appends a population.
v1::Population& AddPopulation(v1::NetworkSpecification* specification, absl::string_view name,
                              absl::string_view model, uint32_t size,
                              const std::map<std::string, double>& parameters = {});

// Lets the spikes of a population be recorded, with room for more than are
// expected.
void RecordSpikes(v1::Population* population, size_t expected);

// Appends a projection called `source_target`, neuron k to neuron k.
v1::Projection& AddProjection(v1::NetworkSpecification* specification, absl::string_view source,
                              absl::string_view target, double weight, double delay_ms);

// The name of a network's part, for requests. All cases call their network the
// same.
inline constexpr char kNetwork[] = "case";
std::string InNetwork(absl::string_view part);

}  // namespace spiked::verify
