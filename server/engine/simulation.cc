#include "server/engine/simulation.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/engine/crew.h"
#include "server/engine/error.h"

namespace spiked::engine {

Simulation::Simulation(double resolution_ms, uint64_t seed, Memory memory)
    : grid_(resolution_ms), seed_(seed), memory_(memory) {}
Simulation::~Simulation() = default;

absl::StatusOr<Network*> Simulation::AddNetwork(absl::string_view name, const NetworkSpec& spec,
                                                int threads) {
  if (FindNetwork(name) != nullptr) {
    return FieldError(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "network",
                      absl::StrCat("there is a network '", name, "' already"));
  }
  std::optional<Crew> crew;
  if (threads > 1) crew.emplace(threads);
  auto network = Network::Build(
      std::string(name), spec,
      {.grid = grid_, .seed = seed_, .index = added_, .begin = now_, .memory = memory_},
      crew ? &*crew : nullptr);
  if (!network.ok()) return network.status();
  networks_.reserve(networks_.size() + 1);  // or there is no memory for it
  by_name_.emplace(name, network->get());
  ++added_;
  return networks_.emplace_back(*std::move(network)).get();
}

absl::Status Simulation::ExtendNetwork(Network* network, const NetworkSpec& additions,
                                       int threads) {
  std::optional<Crew> crew;
  if (threads > 1) crew.emplace(threads);
  return network->Extend(additions, crew ? &*crew : nullptr);
}

void Simulation::RemoveNetwork(const Network* network) {
  absl::erase_if(by_name_, [network](const auto& entry) { return entry.second == network; });
  std::erase_if(networks_, [network](const auto& one) { return one.get() == network; });
}

absl::Status Simulation::Reset(bool to_time_0, bool initial_weights, int threads) {
  std::optional<Crew> crew;
  if (threads > 1) crew.emplace(threads);
  const Step begin = to_time_0 ? 0 : now_;
  for (const auto& network : networks_) {
    if (auto s = network->Reset(begin, initial_weights, crew ? &*crew : nullptr); !s.ok()) return s;
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

absl::Status Simulation::Advance(Step steps, int threads) {
  for (const auto& network : networks_) {
    if (absl::Status status = network->AdvanceTo(now_); !status.ok()) return status;
  }
  std::optional<Crew> crew;
  if (const int useful = std::min(threads, useful_threads()); useful > 1) crew.emplace(useful);
  now_ += steps;
  absl::Status status;
  for (const auto& network : networks_) {
    status.Update(network->AdvanceTo(now_, crew ? &*crew : nullptr));
  }
  return status;
}

}  // namespace spiked::engine
