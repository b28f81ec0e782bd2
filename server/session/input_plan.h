// The rewards and inputs of one command: all are checked before any is applied,
// so that a command that is refused leaves the simulation as it was.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "server/engine/pace.h"
#include "server/engine/simulation.h"
#include "server/session/address.h"
#include "server/session/memory.h"
#include "spiked/v1/data.pb.h"

namespace spiked::session {

using Rewards = google::protobuf::RepeatedPtrField<v1::Reward>;
using Inputs = google::protobuf::RepeatedPtrField<v1::Input>;

// Kept from command to command, so that its buffers are.
class InputPlan {
 public:
  InputPlan(engine::Simulation& simulation, const MemoryBudget* budget, engine::Memory memory)
      : simulation_(simulation), budget_(*budget), times_(memory) {}

  // Checks everything. Errors have fields such as `rewards[0].target` and
  // `inputs[1].spike_trains.times_ms[3]`. No population may be given two inputs
  // at once: the second would replace the first.
  absl::Status Check(const Rewards& rewards, const Inputs& inputs);

  // Works out what the rewards that the last Check has found in order make of
  // weights. False if stopped: it is to be called again then, or all are dropped.
  bool PrepareRewards(engine::Pace* pace);
  void DropRewards();

  // Applies what the last Check has found in order, once its rewards are prepared;
  // the messages must still be there. An error is a defect of ours.
  absl::Status Apply();

 private:
  struct PlannedReward {
    Part projection;
    double value;
  };
  struct PlannedInput {
    Part population;
    const v1::Input* message;
    size_t first_time = 0;  // in times_, for trains and steps
    size_t times = 0;
    engine::Parameters parameters;
  };
  using Key = std::pair<const engine::Network*, int>;

  // The projections that a reward's target stands for.
  absl::StatusOr<std::vector<Part>> FindRewarded(absl::string_view target);
  absl::Status PlanReward(int k, const v1::Reward& reward);
  absl::Status PlanInput(int k, const v1::Input& input);
  absl::Status PlanTimes(const google::protobuf::RepeatedField<double>& times_ms, bool relative,
                         PlannedInput& planned);
  absl::Status PlanParameters(const v1::DeviceParameters& message, bool relative,
                              PlannedInput& planned);
  absl::Status Carry(const PlannedInput& input, engine::Pass pass);
  absl::Status CheckMemory() const;

  engine::Simulation& simulation_;
  const MemoryBudget& budget_;
  AddressMemo<std::vector<Part>> rewarded_;
  AddressMemo<Part> given_;
  std::vector<PlannedReward> rewards_;
  size_t prepared_ = 0;  // of them
  std::vector<PlannedInput> inputs_;
  std::pmr::vector<engine::Step> times_;
  std::unordered_set<Key, absl::Hash<Key>> populations_;
};

}  // namespace spiked::session
