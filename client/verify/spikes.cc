#include "client/verify/spikes.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace spiked::verify {
std::vector<Spike> ToSpikes(const client::Spikes& columns) {
  std::vector<Spike> spikes;
  spikes.reserve(columns.times_ms.size());
  for (size_t k = 0; k < columns.times_ms.size(); ++k) {
    spikes.push_back({.time_ms = columns.times_ms[k], .neuron = columns.senders[k]});
  }
  return spikes;
}

std::vector<Spike> Train(absl::Span<const double> times_ms, uint32_t neuron) {
  std::vector<Spike> spikes;
  for (const double time_ms : times_ms) spikes.push_back({.time_ms = time_ms, .neuron = neuron});
  return spikes;
}

std::vector<Spike> ReadTrains(const Fields& fields, absl::string_view field, size_t neurons) {
  const auto trains = fields.Table(field);
  if (trains.size() != neurons) {
    fields.Fail(field, absl::StrCat("must have ", neurons, " lists, one for each neuron"));
  }
  std::vector<Spike> spikes;
  for (size_t k = 0; k < trains.size(); ++k) {
    const auto train = Train(trains[k], static_cast<uint32_t>(k));
    spikes.insert(spikes.end(), train.begin(), train.end());
  }
  return spikes;
}

std::vector<Spike> ReadPairs(const Fields& fields, absl::string_view field) {
  std::vector<Spike> spikes;
  for (const auto& pair : fields.Table(field)) {
    if (pair.size() != 2) {
      fields.Fail(field, "must be a list of pairs of a neuron and a time");
      break;
    }
    spikes.push_back({.time_ms = pair[1], .neuron = ReadNeuron(fields, field, pair[0])});
  }
  return spikes;
}

uint32_t ReadNeuron(const Fields& fields, absl::string_view field, double number) {
  if (number >= 0 && number <= std::numeric_limits<uint32_t>::max() &&
      number == std::floor(number)) {
    return static_cast<uint32_t>(number);
  }
  fields.Fail(field, absl::StrCat("has ", number, ", which is no index of a neuron"));
  return 0;
}

}  // namespace spiked::verify
