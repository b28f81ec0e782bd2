#include "server/engine/simulation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"

namespace spiked::engine {

Simulation::Simulation(double resolution_ms, uint64_t seed, Memory memory)
    : grid_(resolution_ms), seed_(seed), memory_(memory) {}
Simulation::~Simulation() = default;

absl::StatusOr<Network*> Simulation::AddNetwork(absl::string_view name, const NetworkSpec& spec,
                                                Crew* crew, Pace* pace) {
  if (FindNetwork(name) != nullptr) {
    return FieldError(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "network",
                      absl::StrCat("there is a network '", name, "' already"));
  }
  auto network = Network::Build(
      std::string(name), spec,
      {.grid = grid_, .seed = seed_, .index = added_, .begin = now_, .memory = memory_}, crew,
      pace);
  if (!network.ok()) return network.status();
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
  ++revision_;
  return network->Extend(additions, crew, pace);
}

void Simulation::RemoveNetwork(const Network* network) {
  ++revision_;
  std::erase_if(by_name_, [network](const auto& entry) { return entry.second == network; });
  std::erase_if(networks_, [network](const auto& one) { return one.get() == network; });
}

absl::Status Simulation::Reset(bool to_time_0, bool initial_weights, Crew* crew) {
  const Step begin = to_time_0 ? 0 : now_;
  for (const auto& network : networks_) {
    if (auto s = network->Reset(begin, initial_weights, crew); !s.ok()) return s;
  }
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
