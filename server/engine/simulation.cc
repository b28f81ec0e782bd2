#include "server/engine/simulation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/nearest.h"

namespace spiked::engine {
namespace {

bool IsMirror(const PopulationSpec& spec) {
  const ModelInfo* model = FindModel(spec.model);
  return model != nullptr && model->mirrors;
}

}  // namespace

Simulation::Simulation(double resolution_ms, uint64_t seed, Memory memory)
    : grid_(resolution_ms), seed_(seed), memory_(memory) {}
Simulation::~Simulation() = default;

absl::StatusOr<NetworkSize> Simulation::Check(const NetworkSpec& spec,
                                              const Network* extended) const {
  if (auto s = CheckMirrors(spec, extended); !s.ok()) return s;
  return CheckSpec(spec, grid_, extended);
}

absl::Status Simulation::CheckMirrors(const NetworkSpec& spec, const Network* network) const {
  for (size_t k = 0; k < spec.populations.size(); ++k) {
    if (!IsMirror(spec.populations[k])) continue;
    const auto mirrored = FindMirrored(spec.populations[k], network);
    if (!mirrored.ok()) return Within(absl::StrCat("populations[", k, "]"), mirrored.status());
  }
  return absl::OkStatus();
}

absl::StatusOr<Simulation::Mirrored> Simulation::FindMirrored(const PopulationSpec& mirror,
                                                              const Network* network) const {
  const std::pair<absl::string_view, absl::string_view> names =
      absl::StrSplit(mirror.mirrored, absl::MaxSplits('/', 1));
  const Network* other = FindNetwork(names.first);
  if (other == nullptr) {
    std::vector<absl::string_view> known;
    for (const auto& [name, any] : by_name_) known.push_back(name);
    return UnknownName("mirrored", "there is no network", names.first, known);
  }
  if (other == network) return InvalidField("mirrored", "must be a population of another network");
  const int number = other->FindPopulation(names.second);
  if (number < 0) {
    return UnknownName("mirrored", absl::StrCat("network '", other->name(), "' has no population"),
                       names.second, NamesOf(other->populations()));
  }
  const Network::PopulationInfo& info = other->populations()[static_cast<size_t>(number)];
  const ModelInfo& model = *FindModel(info.model);
  if (model.mirrors || model.emission != Emission::kSpikes) {
    return InvalidField("mirrored", absl::StrCat("must be neurons or generators of spikes, not ",
                                                 WithArticle(info.model)));
  }
  if (mirror.size != info.size) {
    return InvalidField("size", absl::StrCat("must be ", info.size, ", that of '", mirror.mirrored,
                                             "', not ", mirror.size));
  }
  return Mirrored{other, number};
}

void Simulation::ConnectMirrors(const NetworkSpec& spec, Network* network) {
  for (const PopulationSpec& p : spec.populations) {
    if (!IsMirror(p)) continue;
    const Mirrored mirrored = FindMirrored(p, network).value();
    network->SetMirrored(network->FindPopulation(p.name), mirrored.network->number(),
                         mirrored.population);
  }
}

absl::StatusOr<Network*> Simulation::AddNetwork(absl::string_view name, const NetworkSpec& spec,
                                                Crew* crew, Pace* pace) {
  if (FindNetwork(name) != nullptr) {
    return FieldError(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "network",
                      absl::StrCat("there is a network '", name, "' already"));
  }
  if (auto s = CheckMirrors(spec, nullptr); !s.ok()) return s;
  auto network = Network::Build(
      std::string(name), spec,
      {.grid = grid_, .seed = seed_, .index = added_, .begin = now_, .memory = memory_}, crew,
      pace);
  if (!network.ok()) return network.status();
  ConnectMirrors(spec, network->get());
  Adopt(*std::move(network));
  ++added_;
  ++revision_;
  return networks_.back().get();
}

void Simulation::Adopt(std::unique_ptr<Network> network) {
  networks_.reserve(networks_.size() + 1);  // or there is no memory for it
  by_name_.emplace(network->name(), network.get());
  networks_.push_back(std::move(network));
}

absl::Status Simulation::ExtendNetwork(Network* network, const NetworkSpec& additions, Crew* crew,
                                       Pace* pace) {
  if (auto s = CheckMirrors(additions, network); !s.ok()) return s;
  ++revision_;
  if (auto s = network->Extend(additions, crew, pace); !s.ok()) return s;
  ConnectMirrors(additions, network);
  return absl::OkStatus();
}

void Simulation::RemoveNetwork(const Network* network) {
  ++revision_;
  std::erase_if(by_name_, [network](const auto& entry) { return entry.second == network; });
  std::erase_if(networks_, [network](const auto& one) { return one.get() == network; });
}

absl::Status Simulation::RecordSpikes(Network* network, int population,
                                      const Recording& recording) {
  ++revision_;
  return network->RecordSpikes(population, recording);
}

absl::Status Simulation::RecordWeights(Network* network, int projection,
                                       const Recording& recording) {
  ++revision_;
  return network->RecordWeights(projection, recording);
}

absl::Status Simulation::Reset(bool to_time_0, bool initial_weights, Crew* crew, Pace* pace) {
  const Step begin = to_time_0 ? 0 : now_;
  if (auto s = Network::Reset(networks_, begin, initial_weights, crew, pace); !s.ok()) return s;
  now_ = begin;
  return absl::OkStatus();
}

Network* Simulation::FindNetwork(absl::string_view name) {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

const Network* Simulation::FindNetwork(absl::string_view name) const {
  return const_cast<Simulation*>(this)->FindNetwork(name);
}

int Simulation::useful_threads() const {
  int most = 1;
  for (const auto& network : networks_) most = std::max(most, network->useful_threads());
  return most;
}

Activity Simulation::TakeActivity() {
  Activity activity;
  for (const auto& network : networks_) {
    const Activity one = network->TakeActivity();
    activity.spikes += one.spikes;
    activity.synaptic_events += one.synaptic_events;
  }
  return activity;
}

absl::Status Simulation::Advance(Step steps, Crew* crew, Pace* pace) {
  for (const auto& network : networks_) {
    if (absl::Status status = network->status(); !status.ok()) return status;
  }
  const Step until = now_ + steps;
  const bool passed = Network::Advance(networks_, until, crew, pace);
  now_ = passed ? until : networks_.front()->now();
  absl::Status status;
  for (const auto& network : networks_) status.Update(network->status());
  return status;
}

}  // namespace spiked::engine
