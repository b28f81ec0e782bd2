// What is read out of a network, put together from the pages of an answer.
// Columns: entry k of each belongs to item k.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::client {

// Spikes of a population, ascending by time, then by sender.
struct Spikes {
  // Stamp of each spike in ms.
  std::vector<double> times_ms;
  // Index of its neuron within the population, from 0.
  std::vector<uint32_t> senders;
  // The record is complete for stamps later than this time in ms.
  double complete_after_ms = 0.0;
  // How many earlier ones have been dropped.
  uint64_t dropped = 0;
};

// Samples of a multimeter.
struct Signals {
  // Time of each sample in ms.
  std::vector<double> times_ms;
  // Number of neurons that are recorded.
  uint32_t neurons = 0;
  // By variable: row-major, time by neuron, in the variable's unit.
  std::map<std::string, std::vector<double>> values;
  // The record is complete for samples later than this time in ms.
  double complete_after_ms = 0.0;
  // How many earlier ones have been dropped.
  uint64_t dropped = 0;
};

// Weights of a projection, ordered by source, then by target.
struct Weights {
  // Whether this is a matrix: every source to every target.
  bool dense() const { return rows > 0; }
  // The weight from source to target of a matrix.
  double at(uint32_t source, uint32_t target) const {
    return values[size_t{source} * columns + target];
  }

  // Biological time in ms at which the weights were read.
  double time_ms = 0.0;
  // Sources and targets of a matrix; 0 for a list of connections.
  uint32_t rows = 0;
  uint32_t columns = 0;
  // Indices within their populations, for a list of connections.
  std::vector<uint32_t> sources;
  std::vector<uint32_t> targets;
  // Weight of each connection, in pA onto a neuron; row-major, source by
  // target, for a matrix.
  std::vector<double> values;
  // Further variables of the synapses by name, in the order of the weights.
  std::map<std::string, std::vector<double>> variables;
};

// Weights that synapses of a projection have transmitted, ascending by time, then by
// connection.
struct WeightRecord {
  // Stamp of the presynaptic spike of each entry, in ms.
  std::vector<double> times_ms;
  // Number of the connection in the order of Weights.
  std::vector<uint64_t> connections;
  // Its ends, indices within their populations.
  std::vector<uint32_t> sources;
  std::vector<uint32_t> targets;
  // What was transmitted, in pA onto a neuron.
  std::vector<double> weights;
  // The record is complete for spikes later than this time in ms.
  double complete_after_ms = 0.0;
  // How many earlier entries have been dropped.
  uint64_t dropped = 0;
};

// What to do with a recording of which part was dropped, as it was full (see
// record_limit in the specification) or more than one answer holds.
enum class Incomplete {
  // DATA_LOSS, with the reason INCOMPLETE_RECORD and, in its metadata, the time
  // `complete_after_ms` after which nothing is missing.
  kRefuse,
  // Take what is left; `complete_after_ms` says what that is.
  kAccept,
};

// The status of a readout of `what` (`spikes of net/neurons`) that was to begin
// after `after_ms` and is complete after `complete_after_ms`.
absl::Status CheckComplete(absl::string_view what, double after_ms, double complete_after_ms);
// The status of all that a step has read out.
absl::Status CheckComplete(const v1::StepResponse& response);

// Append a page, or what a step has read out, to what is there already.
void Append(const v1::Spikes& page, Spikes* whole);
void Append(const v1::Signals& page, Signals* whole);
void Append(const v1::Weights& page, Weights* whole);
void Append(const v1::WeightRecord& page, WeightRecord* whole);

}  // namespace spiked::client
