// A session as a deterministic state machine: (state, command) -> (state,
// reply), where a command is a message of the contract. It knows no clock, no
// thread, no caller.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/simulation.h"
#include "server/session/input_plan.h"
#include "server/session/limits.h"
#include "server/session/memory.h"
#include "server/session/readout_plan.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// Each command checks everything first and then applies it: one that fails
// leaves the state as it was. Errors name the field of the request
// (engine/error.h), or the quota (session/error.h). Not thread-safe.
class Machine {
 public:
  // `identity` is unlike that of any other session that has ever been.
  Machine(std::string identity, double resolution_ms, uint64_t seed, const Limits& limits,
          MemoryBudget* budget);

  const engine::Simulation& simulation() const { return simulation_; }
  // Of all networks together.
  const engine::NetworkSize& size() const { return size_; }

  absl::Status CreateNetwork(const v1::CreateNetworkRequest& request,
                             v1::CreateNetworkResponse* response);
  absl::Status GetNetwork(const v1::GetNetworkRequest& request, v1::GetNetworkResponse* response);
  absl::Status SetInput(const v1::SetInputRequest& request, v1::SetInputResponse* response);
  absl::Status ApplyReward(const v1::ApplyRewardRequest& request,
                           v1::ApplyRewardResponse* response);
  absl::Status GetSpikes(const v1::GetSpikesRequest& request, v1::GetSpikesResponse* response);
  absl::Status GetSignals(const v1::GetSignalsRequest& request, v1::GetSignalsResponse* response);
  absl::Status GetWeights(const v1::GetWeightsRequest& request, v1::GetWeightsResponse* response);
  absl::Status SetWeights(const v1::SetWeightsRequest& request, v1::SetWeightsResponse* response);

  // Takes from the budget what the networks have come to need beyond what was
  // expected of them: what is under way on slow connections, and what plastic
  // synapses remember, grow with their activity. RESOURCE_EXHAUSTED if there is
  // not that much; then no step begins until there is.
  absl::Status ChargeGrowth();

  // A step comes in three parts, so that whoever runs it can look up in
  // between: the first checks all, applies rewards and inputs and tells up to
  // when to advance; then Advance, in one go or many; then the readout.
  absl::StatusOr<engine::Step> BeginStep(const v1::StepRequest& request);
  absl::Status Advance(engine::Step steps, int threads) {
    return simulation_.Advance(steps, threads);
  }
  absl::Status EndStep(const v1::StepRequest& request, v1::StepResponse* response);

 private:
  absl::StatusOr<engine::NetworkSpec> SpecOf(const v1::CreateNetworkRequest& request) const;
  absl::Status CheckQuotas(const engine::NetworkSize& more) const;

  const std::string identity_;
  const Limits limits_;
  engine::Simulation simulation_;
  engine::NetworkSize size_;
  uint64_t expected_bytes_ = 0;  // of the networks, as told when they were built
  MemoryCharge memory_;          // of the networks
  bool overgrown_ = false;       // ChargeGrowth was refused
  InputPlan inputs_;
  ReadoutPlan readout_;
  engine::Step step_begin_ = 0;
  uint64_t revision_ = 0;  // grows whenever weights may change
};

}  // namespace spiked::session
