#include "tests/bench/pong_session.h"

#include <cstddef>
#include <string>
#include <utility>

#include "client/pong/exchange.h"

namespace spiked::bench {

absl::StatusOr<PongSession> PongSession::Open(client::Client& connection,
                                              const std::vector<pong::PlayerKind>& players,
                                              uint64_t seed, v1::Durability durability) {
  PongClient client(players, seed);
  auto session = connection.CreateSession({.seed = seed, .durability = durability});
  if (!session.ok()) return session.status();
  for (size_t k = 0; k < players.size(); ++k) {
    const auto network = session->CreateNetwork(
        pong::kNetworks[k], pong::PlayerPreset(players[k], client.match().game().rows()));
    if (!network.ok()) return network.status();
  }
  return PongSession{std::move(client), *std::move(session)};
}

absl::Status PongSession::PollOverStream(client::StepStream& stream) {
  const auto response = stream.Step(client.Request());
  if (!response.ok()) return response.status();
  return client.Take(**response);
}

absl::Status PongSession::PollByStep() {
  const auto response = session.Step(client.Request());
  if (!response.ok()) return response.status();
  return client.Take(*response);
}

absl::Status PongSession::PollByCalls() {
  const v1::StepRequest request = client.Request();
  for (const v1::Reward& reward : request.rewards()) {
    const auto time = session.ApplyReward(reward.target(), reward.value());
    if (!time.ok()) return time.status();
  }
  const std::vector<v1::Input> inputs(request.inputs().begin(), request.inputs().end());
  if (const auto time = session.SetInput(inputs); !time.ok()) return time.status();
  auto response = session.Step(request.duration_ms());
  if (!response.ok()) return response.status();
  for (const std::string& population : request.readout().spike_counts()) {
    const auto spikes = session.GetSpikes(population, client.match().time_ms());
    if (!spikes.ok()) return spikes.status();
    auto& counts = *response->add_spike_counts()->mutable_counts();
    counts.Resize(client.match().game().rows(), 0);
    for (const uint32_t sender : spikes->senders) ++counts[static_cast<int>(sender)];
  }
  return client.Take(*response);
}

}  // namespace spiked::bench
