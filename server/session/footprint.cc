#include "server/session/footprint.h"

#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace spiked::session {
namespace {

// Of a population, projection or multimeter: bookkeeping, and inputs that are
// too small to be counted one by one.
constexpr double kBytesPerPart = 8192;
// A record takes up to a quarter more than its limit before it is moved up, and
// while it grows its old place as well.
constexpr double kRecordSlack = 2;
constexpr double kBytesPerSpike = kRecordSlack * 12;
constexpr double kBytesPerNumber = kRecordSlack * 8;

}  // namespace

double Footprint(const engine::NetworkSpec& spec, const engine::NetworkSize& size,
                 uint64_t request_bytes) {
  const size_t parts = spec.populations.size() + spec.projections.size() + spec.multimeters.size();
  double bytes = static_cast<double>(size.bytes) + 2.0 * static_cast<double>(request_bytes) +
                 kBytesPerPart * static_cast<double>(1 + parts);
  absl::flat_hash_map<absl::string_view, uint32_t> sizes;
  for (const auto& population : spec.populations) {
    sizes[population.name] = population.size;
    if (population.record_spikes) {
      bytes += kBytesPerSpike * population.record_limit;
    }
  }
  for (const auto& multimeter : spec.multimeters) {
    bytes += kBytesPerNumber * sizes[multimeter.population] *
             static_cast<double>(multimeter.variables.size()) * multimeter.record_limit;
  }
  return bytes;
}

uint64_t SaturatedBytes(double bytes) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  return bytes < static_cast<double>(kMost) ? static_cast<uint64_t>(bytes) : kMost;
}

}  // namespace spiked::session
