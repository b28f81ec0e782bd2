#include "server/session/readout_plan.h"

#include <algorithm>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/session/columns.h"
#include "server/session/limits.h"

namespace spiked::session {
namespace {

using engine::Step;
using Addresses = google::protobuf::RepeatedPtrField<std::string>;

// Beside the columns: names, lengths, shape, times.
constexpr uint64_t kBytesPerEntry = 64;

// Finds the parts that are asked for, and adds the bytes of each.
template <typename List, typename FindFn, typename BytesFn>
absl::Status FindAll(const engine::Simulation& simulation, const Addresses& addresses,
                     absl::string_view field, absl::string_view instead, FindFn find,
                     BytesFn bytes_of, List& list, uint64_t& bytes) {
  list.parts.clear();
  for (int k = 0; k < addresses.size(); ++k) {
    const auto found = list.memo.At(simulation, k, addresses[k], find);
    if (!found.ok()) {
      return engine::Within(absl::StrCat("readout.", field, "[", k, "]"), found.status());
    }
    const Part& part = **found;
    bytes += kBytesPerEntry + addresses[k].size() + bytes_of(part);
    if (bytes > kMaxReplyBytes) {
      return engine::FieldError(
          absl::StatusCode::kInvalidArgument, "READOUT_TOO_LARGE",
          absl::StrCat("readout.", field, "[", k, "]"),
          absl::StrCat("with this the answer could exceed ", kMaxReplyBytes, " bytes; ", instead));
    }
    list.parts.push_back(part);
  }
  return absl::OkStatus();
}

uint64_t SignalBytes(const Part& part, Step duration) {
  const auto& multimeter = part.network->multimeters()[part.handle];
  uint64_t samples = static_cast<uint64_t>(duration / multimeter.interval) + 1;
  if (multimeter.record_limit > 0) samples = std::min<uint64_t>(samples, multimeter.record_limit);
  const uint64_t numbers = 1 + uint64_t{multimeter.neurons} * multimeter.variables.size();
  return samples * numbers * kBytesPerNumber;
}

}  // namespace

absl::Status ReadoutPlan::Check(engine::Simulation& simulation, const v1::Readout& readout,
                                Step duration) {
  const auto find_recorded = [&](absl::string_view address) {
    return FindRecordedPopulation(simulation, address);
  };
  const auto find_projection = [&](absl::string_view address) {
    return FindPart(simulation, PartKind::kProjection, address);
  };
  const auto find_multimeter = [&](absl::string_view address) {
    return FindPart(simulation, PartKind::kMultimeter, address);
  };
  bytes_ = 0;
  absl::Status status = FindAll(
      simulation, readout.spike_counts(), "spike_counts", "use GetSpikes", find_recorded,
      [](const Part& part) {
        return kBytesPerCount * part.network->populations()[part.handle].size;
      },
      counted_, bytes_);
  if (!status.ok()) return status;
  status = FindAll(
      simulation, readout.spikes(), "spikes", "use GetSpikes", find_recorded,
      [](const Part&) { return uint64_t{0}; }, spikes_, bytes_);
  if (!status.ok()) return status;
  status = FindAll(
      simulation, readout.weights(), "weights", "use GetWeights, which has pages", find_projection,
      [](const Part& part) {
        const auto& projection = part.network->projections()[part.handle];
        return projection.synapses * BytesPerSynapse(projection, 0);
      },
      weights_, bytes_);
  if (!status.ok()) return status;
  status = FindAll(
      simulation, readout.signals(), "signals",
      "use GetSignals, which has pages, or a shorter step", find_multimeter,
      [&](const Part& part) { return SignalBytes(part, duration); }, signals_, bytes_);
  if (!status.ok()) return status;

  totals_.clear();
  for (const Part& part : counted_.parts) {
    const auto totals = part.network->SpikeTotals(part.handle);
    totals_.insert(totals_.end(), totals.begin(), totals.end());
  }
  before_.clear();
  for (const Part& part : spikes_.parts) {
    before_.push_back(part.network->Spikes(part.handle, 0, 0).recorded());
  }
  return absl::OkStatus();
}

Step FitsAfter(Step begin, Step now, absl::FunctionRef<bool(Step after)> fits) {
  if (fits(begin)) return begin;
  Step too_early = begin, late = now;
  while (late - too_early > 1) {
    const Step between = too_early + (late - too_early) / 2;
    (fits(between) ? late : too_early) = between;
  }
  fits(late);
  return late;
}

void ReadoutPlan::Fill(const engine::Simulation& simulation, const v1::Readout& readout, Step begin,
                       v1::StepResponse* response) const {
  const engine::Grid& grid = simulation.grid();
  std::span<const uint64_t> before(totals_);
  for (size_t k = 0; k < counted_.parts.size(); ++k) {
    const auto totals = counted_.parts[k].network->SpikeTotals(counted_.parts[k].handle);
    FillSpikeCounts(readout.spike_counts(static_cast<int>(k)), totals, before.first(totals.size()),
                    response->add_spike_counts());
    before = before.subspan(totals.size());
  }
  const Step now = simulation.now();
  const uint64_t most = (kMaxReplyBytes - bytes_) / kBytesPerSpike;
  const Step after = FitsAfter(begin, now, [&](Step from) {
    uint64_t spikes = 0;
    for (const Part& part : spikes_.parts) {
      spikes += part.network->Spikes(part.handle, from, now).size();
    }
    return spikes <= most;
  });
  for (size_t k = 0; k < spikes_.parts.size(); ++k) {
    const Part& part = spikes_.parts[k];
    const engine::SpikeView view = part.network->Spikes(part.handle, after, now);
    FillSpikes(readout.spikes(static_cast<int>(k)), view, 0, view.size(), after,
               view.recorded() - before_[k] - view.size(), grid, response->add_spikes());
  }
  for (size_t k = 0; k < weights_.parts.size(); ++k) {
    const auto& projection = weights_.parts[k].network->projections()[weights_.parts[k].handle];
    FillWeights(readout.weights(static_cast<int>(k)), weights_.parts[k], 0, projection.synapses, {},
                response->add_weights());
  }
  for (size_t k = 0; k < signals_.parts.size(); ++k) {
    const Part& part = signals_.parts[k];
    const auto& multimeter = part.network->multimeters()[part.handle];
    FillSignals(readout.signals(static_cast<int>(k)), multimeter,
                part.network->Signals(part.handle, begin, simulation.now()),
                {.first = 0, .count = multimeter.neurons}, begin, grid, response->add_signals());
  }
}

}  // namespace spiked::session
