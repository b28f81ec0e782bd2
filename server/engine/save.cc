// Saving a simulation, and bringing it back to life. README.md has the form.
#include <zlib.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/engine/runtime.h"
#include "server/engine/simulation.h"
#include "server/engine/state.h"

namespace spiked::engine {
namespace {

// "spiked", then bytes that a transfer as text would change.
constexpr uint64_t kMagic = 0x0A1A'6465'6B69'7073;
constexpr uint32_t kFormat = 2;
constexpr size_t kHeader = sizeof(kMagic) + sizeof(kFormat), kChecksum = sizeof(uint32_t);

absl::Status Foreign(absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("this is no simulation that could be restored: ", why));
}

}  // namespace

void Network::Impl::Save(StateWriter& write) const {
  for (const RuntimePopulation& p : populations_) {
    write(p.parameters_changed, When(p.parameters_changed, p.parameters));
  }
  for (const RuntimeProjection& p : projections_) {
    write(p.parameters_changed, When(p.parameters_changed, p.parameters));
  }
  Members(*this, write);
  for (const RuntimePopulation& p : populations_) {
    if (p.group >= 0) groups_[p.group].neurons->Save(write, p.first_lane, p.info.size);
  }
}

void Network::Impl::RestoreParameters(StateReader& read) {
  const auto check = [&](const ModelInfo& model, ParameterRow row) {
    bool good = row.size() == model.parameters.size();
    for (size_t n = 0; good && n < row.size(); ++n) {
      good = CheckParameterNumber(row[n], model.parameters[n], context_.grid, "").ok();
    }
    read.Require(good && (model.check == nullptr || model.check(row).ok()), "a parameter");
  };
  for (size_t k = 0; k < populations_.size(); ++k) {
    RuntimePopulation& p = populations_[k];
    bool changed = false;
    ParameterColumns values(&memory_);
    read(changed, When(changed, values));
    if (!changed || !read.ok()) continue;
    read.Require(values.size() == p.model->parameters.size() &&
                     std::ranges::all_of(
                         values, [&](const auto& column) { return column.size() == p.info.size; }),
                 "the number of parameters");
    std::vector<double> row(values.size());
    for (uint32_t index = 0; index < p.info.size && read.ok(); ++index) {
      for (size_t n = 0; n < row.size(); ++n) row[n] = values[n][index];
      check(*p.model, row);
    }
    if (!read.ok()) return;
    if (p.model->neuron != nullptr) {
      SetNeuronParameters(static_cast<int>(k), std::move(values));
    } else {
      p.parameters = std::move(values);
    }
    p.parameters_changed = true;
  }
  for (RuntimeProjection& p : projections_) {
    std::vector<double> row;
    read(p.parameters_changed, When(p.parameters_changed, row));
    if (!p.parameters_changed || !read.ok()) continue;
    check(*p.model, row);
    if (!read.ok()) return;
    if (p.rule != nullptr) p.rule->SetParameters(row);
    p.parameters = std::move(row);
  }
}

// Whether what has been stopped in its midst can go on from there.
bool Network::Impl::PlacesExist() const {
  const auto in_cell = [](const engine::Synapses& synapses, uint32_t row, uint32_t block,
                          uint32_t place) {
    return row < synapses.rows() && block < synapses.blocks() &&
           place <= synapses.cell_end(row, block) - synapses.cell_begin(row, block);
  };
  // Until it has ended, and only then, a slice is behind.
  const bool ending = between_.stage != Between::kNothing && between_.stage != Between::kTidying;
  bool good = between_.stage <= Between::kTidying && ending == (now_ == slice_end_);
  if (good && between_.stage == Between::kDrawing) {
    // Where spikes have been handed out, what a block has seen of them says how far.
    const bool drawing = between_.part < poisson_projections_.size();
    good = drawing ? between_.events <=
                         projections_[poisson_projections_[between_.part]].poisson->carried().size()
                   : between_.events == 0 && !between_.begun;
  } else if (good && between_.begun) {
    good = between_.stage == Between::kDelivering && between_.part < transmitters_.size() &&
           between_.rule < transmitters_[between_.part].projections.size();
    if (!good) return false;
    const auto& synapses =
        projections_[transmitters_[between_.part].projections[between_.rule]].synapses;
    for (uint32_t block = 0; block < synapses.blocks(); ++block) {
      const DeliveryPlace& place = blocks_[block].delivery;
      good = good && (in_cell(synapses, place.row, block, place.synapses) ||
                      (place.row == synapses.rows() && place.synapses == 0));
    }
  }
  for (uint32_t block = 0; handing_out_ && good && block < blocks_.size(); ++block) {
    const HandOutPlace& place = blocks_[block].place;
    good = place.spike <= spikes_.size();
    if (!good || place.spike == spikes_.size()) continue;
    const Spike& spike = spikes_[place.spike];
    const std::vector<int>& outgoing = populations_[spike.population].outgoing;
    good = place.outgoing <= outgoing.size() &&
           (place.synapses == 0 || (place.outgoing < outgoing.size() &&
                                    in_cell(projections_[outgoing[place.outgoing]].synapses,
                                            spike.index, block, place.synapses)));
  }
  return good;
}

void Network::Impl::Restore(StateReader& read) {
  RestoreParameters(read);
  if (!read.ok()) return;
  Members(*this, read);
  if (!read.ok()) return;
  read.Require(IsTime(now_) && IsTime(slices_) && slices_ >= 0 && extended_ <= now_ &&
                   slice_begin_ >= context_.begin && slice_begin_ <= now_ && now_ <= slice_end_ &&
                   slice_end_ - now_ <= slice_ && slice_end_ - slice_begin_ <= kMaxDelaySteps,
               "the time of a network");
  const auto exists = [this](uint32_t population, uint32_t index) {
    return population < populations_.size() && index < populations_[population].info.size;
  };
  const auto is_spike = [&](const Spike& spike) {
    return exists(spike.population, spike.index) && IsTime(spike.stamp) &&
           spike.multiplicity <= kMostSimultaneous;
  };
  bool good = std::ranges::all_of(spikes_, is_spike) &&
              (!diverged_ || exists(diverged_->population, diverged_->neuron));
  for (const Block& block : blocks_) {
    for (const Deferred& d : block.deferred) {
      good = good && IsTime(d.arrival) && d.projection < projections_.size() && d.begin < d.end &&
             d.end <= projections_[d.projection].synapses.size() &&
             (!d.weighted || d.end - d.begin == 1) && d.multiplicity <= kMostSimultaneous;
    }
    for (const NotedWeight& n : block.noted) {
      good = good && n.projection < projections_.size() && IsTime(n.stamp) &&
             n.weight.synapse < projections_[n.projection].synapses.size();
    }
  }
  for (const RuntimePopulation& p : populations_) {
    if (p.schedule == nullptr) continue;
    good = good && p.schedule->next <= p.schedule->spikes.size() &&
           std::ranges::all_of(p.schedule->spikes, is_spike);
  }
  for (const Transmitter& transmitter : transmitters_) {
    for (const DopamineSpike& spike : transmitter.pending) good = good && IsTime(spike.arrival);
  }
  for (const RuntimeProjection& p : projections_) {
    good =
        good && IsTime(p.drawn) && (!p.late || (p.drawn >= p.begin && p.drawn <= now_)) &&
        (p.cut_after.empty() || p.cut_after.size() == p.synapses.size()) &&
        std::ranges::all_of(p.cut_after, [](Step cut) { return IsTime(cut) || cut == kNever; }) &&
        (p.record == nullptr || p.record->IsOf(p.synapses.size()));
  }
  read.Require(good && PlacesExist(), "what is under way");
  if (!read.ok()) return;
  for (const RuntimePopulation& p : populations_) {
    if (p.group >= 0) groups_[p.group].neurons->Restore(read, p.first_lane, p.info.size);
  }
  for (RuntimeGroup& group : groups_) group.currents_change = now_;
}

void Network::Save(StateWriter& write) const {
  write(impl_->name_, impl_->context_.index, impl_->context_.begin, impl_->spec_,
        impl_->additions_);
  impl_->Save(write);
}

std::unique_ptr<Network> Network::Restore(StateReader& read, NetworkContext context, Crew* crew) {
  std::string name;
  NetworkSpec whole;
  std::vector<Impl::Addition> additions;
  read(name, context.index, context.begin, whole, additions);
  read.Require(IsTime(context.begin) && !additions.empty(), "the time of a network");
  if (!read.ok()) return nullptr;
  std::unique_ptr<Network> network(new Network(std::make_unique<Impl>(std::move(name), context)));
  Impl& impl = *network->impl_;
  // It grows again as it has grown, though nothing happens to it in between.
  size_t populations = 0, projections = 0, multimeters = 0;
  for (const Impl::Addition& addition : additions) {
    const auto take = [&read](auto& from, size_t& begin, uint64_t end, auto& to) {
      read.Require(begin <= end && end <= from.size(), "an addition");
      if (!read.ok()) return;
      std::move(from.begin() + static_cast<ptrdiff_t>(begin),
                from.begin() + static_cast<ptrdiff_t>(end), std::back_inserter(to));
      begin = end;
    };
    NetworkSpec part;
    take(whole.populations, populations, addition.populations, part.populations);
    take(whole.projections, projections, addition.projections, part.projections);
    take(whole.multimeters, multimeters, addition.multimeters, part.multimeters);
    read.Require(IsTime(addition.at) && addition.at >= impl.now_, "the time of an addition");
    if (!read.ok()) return nullptr;
    impl.now_ = impl.slice_begin_ = impl.slice_end_ = addition.at;
    const bool first = &addition == &additions.front();
    auto size = CheckSpec(part, context.grid, first ? nullptr : network.get());
    const absl::Status status = size.ok() ? impl.Extend(part, crew, nullptr) : size.status();
    read.Require(status.ok(), absl::StrCat("a specification (", status.message(), ")"));
    if (!read.ok()) return nullptr;
    if (!addition.reset.has_value()) continue;
    read.Require(IsTime(*addition.reset) && *addition.reset >= 0, "the time of a reset");
    if (!read.ok()) return nullptr;
    const absl::Status reset =
        Reset({&network, 1}, *addition.reset, /*initial_weights=*/false, crew);
    read.Require(reset.ok(), "a reset");
  }
  impl.Restore(read);
  return network;
}

bool Network::MirrorsExist(std::span<const std::unique_ptr<Network>> networks) {
  for (const auto& network : networks) {
    for (const int k : network->impl_->mirrors_) {
      const RuntimePopulation& mirror = network->impl_->populations_[k];
      if (!mirror.mirrored) return false;
      const auto other = std::ranges::find(networks, mirror.mirrored->network, &Network::number);
      if (other == networks.end()) continue;
      const auto& populations = (*other)->impl_->populations_;
      const uint32_t mirrored = mirror.mirrored->population;
      if (*other == network || mirrored >= populations.size() ||
          populations[mirrored].info.size != mirror.info.size) {
        return false;
      }
    }
  }
  return true;
}

void Simulation::Save(StateSink sink) const {
  StateWriter write(sink);
  write(kMagic, kFormat, grid_.resolution_ms(), seed_, now_, added_, uint64_t{networks_.size()});
  for (const auto& network : networks_) network->Save(write);
  write.Finish();
}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Restore(absl::string_view bytes, Crew* crew,
                                                                Memory memory) {
  uint64_t magic = 0;
  uint32_t format = 0;
  StateReader header(bytes.substr(0, kHeader));
  header(magic, format);
  if (!header.ok() || magic != kMagic) return Foreign("it does not begin like one");
  if (format != kFormat) {
    return Foreign(absl::StrCat("its form ", format, " is not known here, only ", kFormat));
  }
  const absl::string_view body = bytes.substr(0, std::max(kHeader, bytes.size() - kChecksum));
  uint32_t checksum = 0;
  StateReader(bytes.substr(body.size()))(checksum);
  StateReader read(body.substr(kHeader));
  read.Require(checksum == crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()),
               "its checksum");

  double resolution_ms = 0;
  uint64_t seed = 0, added = 0, networks = 0;
  Step now = 0;
  read(resolution_ms, seed, now, added, networks);
  read.Require(resolution_ms >= 1e-3 && resolution_ms <= 10 && now >= 0 && IsTime(now), "the time");
  read.SetNow(now);
  auto simulation = std::make_unique<Simulation>(resolution_ms, seed, memory);
  simulation->now_ = now;
  simulation->added_ = added;
  for (; networks > 0 && read.ok(); --networks) {
    auto network =
        Network::Restore(read, {.grid = simulation->grid_, .seed = seed, .memory = memory}, crew);
    if (!read.ok()) break;
    // All share one clock; a step would have one that is behind catch up.
    read.Require(simulation->FindNetwork(network->name()) == nullptr && network->now() == now,
                 "a network");
    simulation->Adopt(std::move(network));
  }
  read.RequireEnd();
  read.Require(read.ok() && Network::MirrorsExist(simulation->networks_), "a mirror");
  if (!read.ok()) return read.status();
  return simulation;
}

}  // namespace spiked::engine
