#include "tests/bench/pong_client.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "client/pong/exchange.h"
#include "tests/bench/players.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;

// Takes away what is for the right player.
template <typename List, typename GetName>
void RemoveRight(List* list, GetName name) {
  const auto is_right = [&](const auto& item) {
    return absl::StartsWith(name(item), pong::kNetworks[pong::kRight]);
  };
  list->erase(std::remove_if(list->begin(), list->end(), is_right), list->end());
}

std::array<PlayerKind, 2> BothSides(const std::vector<PlayerKind>& players) {
  std::array<PlayerKind, 2> kinds = {PlayerKind::kRstdp, PlayerKind::kRstdp};
  std::copy(players.begin(), players.end(), kinds.begin());
  return kinds;
}

}  // namespace

PongClient::PongClient(std::vector<PlayerKind> players, uint64_t seed)
    : players_(std::move(players)), match_(BothSides(players_), kRows, seed) {}

v1::StepRequest PongClient::Request() const {
  v1::StepRequest request;
  request.set_duration_ms(0);
  if (players_.empty()) return request;
  request = pong::PollRequest(match_, /*read_weights=*/false);
  if (players_.size() == 1) {
    RemoveRight(request.mutable_rewards(),
                [](const v1::Reward& reward) { return reward.target(); });
    RemoveRight(request.mutable_inputs(),
                [](const v1::Input& input) { return input.population(); });
    RemoveRight(request.mutable_readout()->mutable_spike_counts(),
                [](const std::string& population) { return population; });
  }
  return request;
}

absl::Status PongClient::Take(const v1::StepResponse& response) {
  if (players_.empty()) return absl::OkStatus();
  if (players_.size() == 1) {
    // The right player never fires.
    v1::StepResponse both = response;
    both.add_spike_counts()->mutable_counts()->Resize(kRows, 0);
    return Play(both);
  }
  return Play(response);
}

absl::Status PongClient::Play(const v1::StepResponse& response) {
  auto counts = pong::MotorCounts(match_, response);
  if (!counts.ok()) return counts.status();
  match_.Play(*std::move(counts));
  return absl::OkStatus();
}

}  // namespace spiked::bench
