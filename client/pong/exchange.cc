#include "client/pong/exchange.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cpp/input.h"
#include "client/cpp/time_text.h"

namespace spiked::pong {
namespace {

std::string InNetwork(Side side, absl::string_view part) {
  return absl::StrCat(kNetworks[side], "/", part);
}

// Time and rewards, which every step of a match has.
v1::StepRequest BeginRequest(const Match& match) {
  v1::StepRequest request;
  const double now_ms = match.time_ms();
  request.set_expected_time_ms(now_ms);
  if (match.polls() == 0) return request;
  for (const Side side : kSides) {
    AddReward(kNetworks[side], match.kinds()[side], match.last().players[side], now_ms, &request);
  }
  return request;
}

absl::string_view WhyHalted(v1::HaltReason reason) {
  switch (reason) {
    case v1::HALT_REASON_HALTED:
      return "somebody halted the session";
    case v1::HALT_REASON_DEADLINE:
      return "a deadline is over";
    case v1::HALT_REASON_CANCELLED:
      return "the call was cancelled";
    case v1::HALT_REASON_DELETED:
      return "somebody deleted the session";
    case v1::HALT_REASON_SHUTTING_DOWN:
      return "the server is shutting down";
    case v1::HALT_REASON_MEMORY:
      return "the server has no memory left for it";
    default:
      return "the server does not say why";
  }
}

// Of both players' motor neurons.
void CountSpikes(v1::StepRequest* request) {
  for (const Side side : kSides) {
    request->mutable_readout()->add_spike_counts(InNetwork(side, "motor"));
  }
}

void ReadWeights(v1::StepRequest* request) {
  for (const Side side : kSides) request->mutable_readout()->add_weights(WeightsName(side));
}

}  // namespace

v1::PresetChoice PlayerPreset(PlayerKind kind, int rows) {
  return client::Preset(IsDopaminergic(kind) ? "pong/dopamine" : "pong/rstdp",
                        {{"num_neurons", rows}, {"noise", IsNoisy(kind)}});
}

void AddReward(absl::string_view network, PlayerKind kind, const PlayerPoll& last, double now_ms,
               v1::StepRequest* request) {
  if (IsDopaminergic(kind)) {
    *request->add_inputs() =
        client::DirectCurrent(absl::StrCat(network, "/dopa_current"), last.reward_current_pa,
                              now_ms, now_ms + kRewardCurrentMs);
  } else {
    *request->add_rewards() = client::MakeReward(std::string(network), last.reward);
  }
}

std::string WeightsName(Side side) { return InNetwork(side, "input_motor"); }

v1::StepRequest PollRequest(const Match& match, bool read_weights) {
  v1::StepRequest request = BeginRequest(match);
  for (const Side side : kSides) {
    *request.add_inputs() = client::SpikeTrain(InNetwork(side, "input"), match.game().ball_row(),
                                               InputStamps(match.kinds()[side], match.time_ms()));
  }
  CountSpikes(&request);
  request.set_duration_ms(kPollMs);
  if (read_weights) ReadWeights(&request);
  return request;
}

std::string NextRequestId(const Match& match, int part) {
  return absl::StrFormat("706f6e67-%04x-4000-8000-%012x", part, match.polls());
}

bool WasCutShort(const v1::StepResponse& response) {
  return response.halted() && response.halt_reason() == v1::HALT_REASON_CANCELLED;
}

v1::StepRequest RestRequest(const Match& match, const v1::StepResponse& begun, int part) {
  constexpr double kStepsPerMs = 10.0;
  v1::StepRequest request;
  request.set_expected_time_ms(begun.time_ms());
  const double left = match.time_ms() + kPollMs - begun.time_ms();
  request.set_duration_ms(std::round(left * kStepsPerMs) / kStepsPerMs);
  CountSpikes(&request);
  ReadWeights(&request);
  request.set_request_id(NextRequestId(match, part));
  return request;
}

void AddCounts(const v1::StepResponse& before, v1::StepResponse* after) {
  const int columns = std::min(before.spike_counts_size(), after->spike_counts_size());
  for (int k = 0; k < columns; ++k) {
    const auto& counted = before.spike_counts(k).counts();
    auto& counts = *after->mutable_spike_counts(k)->mutable_counts();
    for (int n = 0; n < std::min(counted.size(), counts.size()); ++n) {
      counts.Set(n, counts.Get(n) + counted.Get(n));
    }
  }
}

v1::StepRequest SettleRequest(const Match& match) {
  v1::StepRequest request = BeginRequest(match);
  request.set_duration_ms(0);  // only applies and reads
  ReadWeights(&request);
  return request;
}

absl::StatusOr<std::array<std::vector<uint32_t>, 2>> MotorCounts(const Match& match,
                                                                 const v1::StepResponse& response) {
  if (response.halted()) {
    return absl::AbortedError(absl::StrCat("the match was cut short at ",
                                           client::TimeText(response.time_ms()),
                                           " ms: ", WhyHalted(response.halt_reason())));
  }
  if (response.spike_counts_size() != 2) {
    return absl::InternalError("the server did not count the spikes of both players");
  }
  std::array<std::vector<uint32_t>, 2> counts;
  for (const Side side : kSides) {
    const auto& column = response.spike_counts(side).counts();
    if (column.size() != match.game().rows()) {
      return absl::InternalError(absl::StrCat("the server counted spikes of ", column.size(),
                                              " motor neurons, not of ", match.game().rows()));
    }
    counts[side].assign(column.begin(), column.end());
  }
  return counts;
}

absl::StatusOr<std::array<client::Weights, 2>> PlayerWeights(const Match& match,
                                                             const v1::StepResponse& response) {
  if (response.weights_size() != 2) {
    return absl::InternalError("the server did not return the weights of both players");
  }
  const auto rows = static_cast<uint32_t>(match.game().rows());
  std::array<client::Weights, 2> weights;
  for (const Side side : kSides) {
    client::Weights& whole = weights[side];
    Append(response.weights(side), &whole);
    whole.time_ms = response.time_ms();
    if (whole.rows != rows || whole.columns != rows || whole.values.size() != size_t{rows} * rows) {
      return absl::InternalError(absl::StrCat("the weights of ", WeightsName(side), " are not a ",
                                              rows, " x ", rows, " matrix"));
    }
  }
  return weights;
}

}  // namespace spiked::pong
