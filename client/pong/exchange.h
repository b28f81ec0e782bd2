// How a match looks in the messages of the contract: which networks it needs,
// what goes into a poll's step and what comes out.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cpp/recordings.h"
#include "client/pong/match.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::pong {

// The networks of the two players within the session.
inline constexpr std::array kNetworks = {"left", "right"};

// The preset that makes a player with `rows` neurons.
v1::PresetChoice PlayerPreset(PlayerKind kind, int rows);

// The projection of a player whose weights are its skill: from cell of the ball
// (row) to motor neuron (column).
std::string WeightsName(Side side);

// Adds to a step that begins at now_ms what the player in `network` earned in
// its last poll: a reward for R-STDP, a current for dopaminergic players.
void AddReward(absl::string_view network, PlayerKind kind, const PlayerPoll& last, double now_ms,
               v1::StepRequest* request);

// The one step of the next poll: the rewards of the last one, the input for the
// ball's cell, 200 ms, and the motor neurons' spike counts; with the weights of
// both players at its end if they are asked for.
v1::StepRequest PollRequest(const Match& match, bool read_weights);

// The request id of the poll or, after the last one, of the SettleRequest that comes next:
// whoever goes on with the match asks under the same. Steps that finish a poll that was cut
// short are further parts of it.
std::string NextRequestId(const Match& match, int part = 0);

// Whether the step ended early because whoever had asked for it was gone.
bool WasCutShort(const v1::StepResponse& response);

// The step that follows such an answer to a PollRequest, or to this one, to the poll's end.
v1::StepRequest RestRequest(const Match& match, const v1::StepResponse& begun, int part);

// Adds the spikes that were counted before.
void AddCounts(const v1::StepResponse& before, v1::StepResponse* after);

// A step that takes no time: it gives the rewards of the last poll, if there was
// one, and reads the weights of both players.
v1::StepRequest SettleRequest(const Match& match);

// The spike counts of both players in the answer to a PollRequest. ABORTED if
// somebody halted the step, INTERNAL if the answer is not what was asked for.
absl::StatusOr<std::array<std::vector<uint32_t>, 2>> MotorCounts(const Match& match,
                                                                 const v1::StepResponse& response);

// The weights of both players in the answer to a request that asked for them;
// INTERNAL if they are not square matrices, one row for each neuron.
absl::StatusOr<std::array<client::Weights, 2>> PlayerWeights(const Match& match,
                                                             const v1::StepResponse& response);

}  // namespace spiked::pong
