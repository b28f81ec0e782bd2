#include "server/session/view.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/engine/error.h"
#include "server/session/columns.h"
#include "server/session/limits.h"
#include "server/session/readout_plan.h"

namespace spiked::session {
namespace {

using engine::Network;
using engine::Step;

// Of an entry, in a message and here.
constexpr uint64_t kBytesPerEntry = 64, kBytesPerItem = 256;
// So many that to find them keeps nobody waiting.
constexpr size_t kMostPopulations = 20'000;
// What stands for all names.
constexpr absl::string_view kAll = "*", kAllOfNetwork = "/*";

const Network::PopulationInfo& PopulationOf(const Part& part) {
  return part.network->populations()[part.handle];
}
const Network::MultimeterInfo& MultimeterOf(const Part& part) {
  return part.network->multimeters()[part.handle];
}

uint64_t BytesPerSample(const Network::MultimeterInfo& multimeter) {
  return kBytesPerNumber * (1 + uint64_t{multimeter.neurons} * multimeter.variables.size());
}

// A list of the readout that is too large.
absl::Status TooLarge(absl::string_view list) {
  return engine::FieldError(absl::StatusCode::kInvalidArgument, "READOUT_TOO_LARGE",
                            absl::StrCat("readout.", list),
                            absl::StrCat("with these a frame could exceed ", kMaxReplyBytes,
                                         " bytes; watch fewer, or read them page by page"));
}

}  // namespace

View View::Anew() const {
  View anew(sight_);
  anew.moment_.first = moment_.first;
  return anew;
}

absl::StatusOr<View::Items> View::FindPopulations(engine::Simulation& simulation,
                                                  const Addresses& addresses,
                                                  absl::string_view list, const Resets& resets,
                                                  const Items& before) {
  Items items;
  absl::flat_hash_set<std::string> seen;
  absl::flat_hash_map<absl::string_view, const Item*> by_address;
  for (const Item& item : before) by_address.emplace(item.address, &item);
  const auto add = [&](const Part& part, std::string address) {
    if (populations_.size() > kMostPopulations || !seen.insert(address).second) return;
    const Network::PopulationInfo& info = PopulationOf(part);
    if (told_.insert(address).second) {
      v1::WatchedPopulation& population = populations_.emplace_back();
      population.set_population(address);
      population.set_size(info.size);
      population.set_recorded(info.recorded);
    }
    if (!info.recorded) return;
    Item item{.address = std::move(address),
              .part = part,
              .begin = std::max(part.network->begin(), info.recorded_after)};
    const auto found = by_address.find(item.address);
    const Item* const old = found == by_address.end() ? nullptr : found->second;
    if (moment_.anew) {
      const auto totals = part.network->SpikeTotals(part.handle);
      item.totals.assign(totals.begin(), totals.end());
      item.recorded = part.network->Spikes(part.handle, 0, 0).recorded();
    } else if (resets.number == moment_.resets && old != nullptr && old->begin == item.begin) {
      item.totals = old->totals;
      item.recorded = old->recorded;
    } else {
      item.totals.assign(info.size, 0);
    }
    item.after = After(simulation, *part.network, resets);
    items.push_back(std::move(item));
  };
  const auto add_all = [&](Network& network) {
    for (size_t k = 0; k < network.populations().size(); ++k) {
      add({.network = &network, .handle = static_cast<int>(k)},
          absl::StrCat(network.name(), "/", network.populations()[k].name));
    }
  };
  for (int k = 0; k < addresses.size(); ++k) {
    absl::string_view name = addresses[k];
    absl::Status found;
    if (name == kAll) {
      for (const auto& network : simulation.networks()) add_all(*network);
    } else if (absl::ConsumeSuffix(&name, kAllOfNetwork)) {
      Network* const network = simulation.FindNetwork(name);
      if (network != nullptr) {
        add_all(*network);
      } else {
        found = engine::NotFound("", absl::StrCat("the session has no network '", name, "'"));
      }
    } else {
      const auto part = FindRecordedPopulation(simulation, name);
      if (part.ok()) add(*part, addresses[k]);
      found = part.status();
    }
    if (moment_.first && !found.ok()) {
      return engine::Within(absl::StrCat("readout.", list, "[", k, "]"), found);
    }
  }
  return items;
}

absl::StatusOr<View::Items> View::FindParts(engine::Simulation& simulation, PartKind kind,
                                            const Addresses& addresses, absl::string_view list,
                                            const Resets& resets) const {
  Items items;
  for (int k = 0; k < addresses.size(); ++k) {
    const auto part = FindPart(simulation, kind, addresses[k]);
    if (part.ok()) {
      items.push_back({.address = addresses[k],
                       .part = *part,
                       .after = After(simulation, *part->network, resets)});
    } else if (moment_.first) {
      return engine::Within(absl::StrCat("readout.", list, "[", k, "]"), part.status());
    }
  }
  return items;
}

Step View::After(const engine::Simulation& simulation, const Network& network,
                 const Resets& resets) const {
  if (moment_.anew) return simulation.now();
  return std::max(network.begin(), resets.number == moment_.resets ? moment_.last : resets.last);
}

absl::Status View::Find(engine::Simulation& simulation, const Resets& resets) {
  populations_.clear();
  told_.clear();
  const v1::Readout& readout = sight_->readout;
  absl::Status status;
  const auto set = [&status](Items* items, absl::StatusOr<Items> found) {
    status.Update(found.status());
    if (found.ok()) *items = *std::move(found);
  };
  set(&counted_,
      FindPopulations(simulation, readout.spike_counts(), "spike_counts", resets, counted_));
  set(&spikes_, FindPopulations(simulation, readout.spikes(), "spikes", resets, spikes_));
  set(&weights_,
      FindParts(simulation, PartKind::kProjection, readout.weights(), "weights", resets));
  set(&signals_,
      FindParts(simulation, PartKind::kMultimeter, readout.signals(), "signals", resets));
  return status.ok() ? Measure() : status;
}

absl::Status View::Measure() {
  bytes_ = kBytesPerEntry;
  kept_bytes_ = sight_->readout.SpaceUsedLong();
  for (const v1::WatchedPopulation& population : populations_) {
    bytes_ += kBytesPerEntry + population.population().size();
  }
  for (const Items* list : {&counted_, &spikes_, &weights_, &signals_}) {
    for (const Item& item : *list) {
      bytes_ += kBytesPerEntry + item.address.size();
      kept_bytes_ += kBytesPerItem + 2 * item.address.size() + 8 * item.totals.size();
    }
  }
  if (populations_.size() > kMostPopulations || bytes_ > kMaxReplyBytes) return TooLarge("spikes");
  for (const Item& item : counted_) bytes_ += kBytesPerCount * item.totals.size();
  if (bytes_ > kMaxReplyBytes) return TooLarge("spike_counts");
  for (const Item& item : weights_) {
    const auto& projection = item.part.network->projections()[item.part.handle];
    bytes_ += projection.synapses * BytesPerSynapse(projection, 0);
  }
  if (bytes_ > kMaxReplyBytes) return TooLarge("weights");
  // Each of them gets the same.
  signal_bytes_ = signals_.empty() ? 0 : (kMaxReplyBytes - bytes_) / 2 / signals_.size();
  for (const Item& item : signals_) {
    if (BytesPerSample(MultimeterOf(item.part)) > signal_bytes_) return TooLarge("signals");
  }
  return absl::OkStatus();
}

absl::Status View::Fill(engine::Simulation& simulation, const Resets& resets, MemoryCharge* charge,
                        v1::WatchSessionResponse* frame) {
  moment_.anew = moment_.anew || resets.simulations != moment_.simulations;
  const Step now = simulation.now();
  const bool reset = !moment_.anew && resets.number != moment_.resets;
  const bool changed = moment_.anew || simulation.revision() != moment_.revision;
  if (changed || reset) {
    if (absl::Status status = Find(simulation, resets); !status.ok()) return status;
  }
  const Step begin = moment_.anew ? now
                     : reset      ? std::min(moment_.last, resets.last)
                                  : moment_.last;
  uint64_t bytes = bytes_;
  for (Item& item : signals_) {
    const auto& multimeter = MultimeterOf(item.part);
    const uint64_t per_sample = BytesPerSample(multimeter);
    const auto most = static_cast<Step>(signal_bytes_ / per_sample);
    item.fits_after = std::max(item.after, now - most * multimeter.interval);
    bytes += static_cast<uint64_t>((now - item.fits_after) / multimeter.interval + 1) * per_sample;
  }
  uint64_t spikes = 0;
  const Step spikes_after = FitsAfter(begin, now, [&](Step after) {
    spikes = 0;
    for (const Item& item : spikes_) {
      spikes +=
          item.part.network->Spikes(item.part.handle, std::max(item.after, after), now).size();
    }
    return bytes + spikes * kBytesPerSpike <= kMaxReplyBytes;
  });
  for (Item& item : spikes_) item.fits_after = std::max(item.after, spikes_after);
  frame_bytes_ = std::min(kMaxReplyBytes, bytes + spikes * kBytesPerSpike);
  if (absl::Status status = charge->Resize(bytes_with_frame()); !status.ok()) return status;

  const engine::Grid& grid = simulation.grid();
  frame->set_begin_time_ms(grid.ToMs(begin));
  frame->set_time_ms(grid.ToMs(now));
  if (changed) frame->mutable_populations()->Assign(populations_.begin(), populations_.end());
  Copy(simulation, now, frame);
  moment_ = {.first = false,
             .anew = false,
             .revision = simulation.revision(),
             .resets = resets.number,
             .simulations = resets.simulations,
             .last = now};
  return absl::OkStatus();
}

void View::Copy(const engine::Simulation& simulation, Step now, v1::WatchSessionResponse* frame) {
  const engine::Grid& grid = simulation.grid();
  for (Item& item : counted_) {
    const auto totals = item.part.network->SpikeTotals(item.part.handle);
    FillSpikeCounts(item.address, totals, item.totals, frame->add_spike_counts());
    item.totals.assign(totals.begin(), totals.end());
    item.after = now;
  }
  for (Item& item : spikes_) {
    const auto view = item.part.network->Spikes(item.part.handle, item.fits_after, now);
    FillSpikes(item.address, view, 0, view.size(), item.fits_after,
               view.recorded() - item.recorded - view.size(), grid, frame->add_spikes());
    item.recorded = view.recorded();
    item.after = now;
  }
  for (const Item& item : weights_) {
    const auto& projection = item.part.network->projections()[item.part.handle];
    FillWeights(item.address, item.part, 0, projection.synapses, {}, frame->add_weights());
  }
  for (Item& item : signals_) {
    const auto& multimeter = MultimeterOf(item.part);
    const auto view = item.part.network->Signals(item.part.handle, item.fits_after, now);
    v1::Signals* const signals = frame->add_signals();
    FillSignals(item.address, multimeter, view, {.first = 0, .count = multimeter.neurons},
                item.fits_after, grid, signals);
    // Beside those that the record has forgotten, those that do not fit.
    const Step from = std::max(item.after, multimeter.begin);
    const Step complete_after = std::max(item.fits_after, view.complete_after());
    if (complete_after > from) {
      signals->set_dropped(
          static_cast<uint64_t>(complete_after / multimeter.interval - from / multimeter.interval));
    }
    item.after = now;
  }
}

}  // namespace spiked::session
