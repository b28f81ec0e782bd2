#include "client/pong/player.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

namespace spiked::pong {
namespace {

constexpr std::array<std::pair<std::string_view, PlayerKind>, 4> kNames = {{
    {"r", PlayerKind::kRstdp},
    {"rn", PlayerKind::kRstdpNoisy},
    {"d", PlayerKind::kDopamine},
    {"dn", PlayerKind::kDopamineNoisy},
}};

}  // namespace

std::string_view ShortName(PlayerKind kind) {
  for (const auto& [name, named] : kNames) {
    if (named == kind) return name;
  }
  return "?";
}

std::optional<PlayerKind> ParsePlayerKind(std::string_view name) {
  for (const auto& [known, kind] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

bool IsDopaminergic(PlayerKind kind) {
  return kind == PlayerKind::kDopamine || kind == PlayerKind::kDopamineNoisy;
}

bool IsNoisy(PlayerKind kind) {
  return kind == PlayerKind::kRstdpNoisy || kind == PlayerKind::kDopamineNoisy;
}

std::vector<double> InputStamps(PlayerKind kind, double start_ms) {
  constexpr int kSpikes = 20;
  constexpr double kIntervalMs = 10.0;
  // A dopaminergic player is first given its reward for the poll before.
  const double first_ms = start_ms + (IsDopaminergic(kind) ? kRewardCurrentMs : 1.0);
  std::vector<double> stamps(kSpikes);
  for (int k = 0; k < kSpikes; ++k) stamps[k] = first_ms + kIntervalMs * k;
  return stamps;
}

int Winner(absl::Span<const uint32_t> counts, SplitMix64& random) {
  const uint32_t most = *std::max_element(counts.begin(), counts.end());
  const auto ties = std::count(counts.begin(), counts.end(), most);
  auto skip = ties > 1 ? static_cast<int64_t>(random.Uniform() * static_cast<double>(ties)) : 0;
  auto winner = std::find(counts.begin(), counts.end(), most);
  for (; skip > 0; --skip) winner = std::find(winner + 1, counts.end(), most);
  return static_cast<int>(winner - counts.begin());
}

double BareReward(int distance) {
  constexpr std::array kRewards = {1.0, 0.7, 0.4, 0.1};
  return static_cast<size_t>(distance) < kRewards.size() ? kRewards[distance] : 0.0;
}

double RewardCurrentPa(absl::Span<const uint32_t> counts, int ball_row) {
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  return std::min(4800.0 * counts[ball_row] / std::max(1.0, all) + 100.0, 1000.0);
}

double RewardHistory::Add(int row, double bare, bool hit) {
  const double reward = bare - means_[row];
  means_[row] += reward / 2.0;
  hits_[polls_++ % hits_.size()] = hit;
  return reward;
}

double RewardHistory::mean_reward() const {
  return std::accumulate(means_.begin(), means_.end(), 0.0) / static_cast<double>(means_.size());
}

double RewardHistory::hit_rate() const {
  if (polls_ == 0) return 0.0;
  const auto hits = std::count(hits_.begin(), hits_.end(), true);
  return static_cast<double>(hits) /
         static_cast<double>(std::min<int64_t>(polls_, static_cast<int64_t>(hits_.size())));
}

}  // namespace spiked::pong
