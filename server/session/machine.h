// A session as a deterministic state machine: (state, command) -> (state,
// reply), where a command is a message of the contract. It knows no clock, no
// thread, no caller.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/simulation.h"
#include "server/session/command.h"
#include "server/session/input_plan.h"
#include "server/session/limits.h"
#include "server/session/memory.h"
#include "server/session/readout_plan.h"
#include "server/session/saved.h"
#include "server/session/stop.h"
#include "server/session/view.h"
#include "server/session/weights.h"
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

  const engine::Simulation& simulation() const { return *simulation_; }
  // What has happened since this was last asked for.
  engine::Activity TakeActivity() { return simulation_->TakeActivity(); }
  // Of all networks together, as of the last command.
  const engine::NetworkSize& size() const { return size_; }
  MemoryBudget& memory() { return memory_; }
  // In use; may be asked for at any time, on any thread.
  uint64_t memory_bytes() const { return memory_.taken(); }
  std::vector<std::string> NetworkNames() const;

  // Of the command that was carried out last: whether it has changed anything, or may
  // have; why it was halted, if it was a step; and how often it has asked whether to
  // stop: one that was stopped then can be stopped there again.
  bool changed() const { return changed_; }
  v1::HaltReason halt_reason() const { return halt_reason_; }
  uint64_t asks() const { return asks_; }
  // Whether time passes: rewards and inputs are behind.
  bool stepping() const { return stage_ == Stage::kStepping; }

  // Whether a command has left the machine in a state that nobody knows: it then
  // answers what reads it, as well as it can, and nothing else.
  bool failed() const { return failed_; }
  // What follows is not known any more, for a reason outside of the machine.
  void Fail() { failed_ = true; }

  // Puts a simulation that was saved (engine::Simulation::Save) into the place of the one
  // there is, with the help of a crew. Errors are its, DATA_LOSS if it has another
  // resolution or seed, and RESOURCE_EXHAUSTED; then nothing has changed.
  absl::Status Restore(absl::string_view simulation, engine::Crew* crew);
  // Has a new machine go on from a saved session. The same errors.
  absl::Status Restore(const Saved& saved, engine::Crew* crew);
  // Hands all there is on to `sink`, as the saved session of that description.
  void Save(const v1::Session& session, engine::StateSink sink) const {
    WriteSaved(session, *simulation_, snapshots_, sink);
  }
  const Snapshots& snapshots() const { return snapshots_; }

  // What commands may take from now on.
  void SetLimits(const Limits& limits) { limits_ = limits; }

  // Carries a command of the table out, until it is over or `stop` pauses it;
  // then it is to be executed again, before any other. Whether it is over. What
  // is thrown on its way is its error, and the machine has failed unless the
  // command changes nothing before its end.
  bool Execute(const Command& command, const google::protobuf::Message& request, Stop& stop,
               google::protobuf::Message* reply, absl::Status* status);

  // Carries out one that may be carried out aside (Command::aside), also while time passes.
  absl::Status ExecuteAside(const Command& command, const google::protobuf::Message& request,
                            Stop& stop, google::protobuf::Message* reply);

  absl::Status SaveSession(const v1::SaveSessionRequest& request, Stop& stop,
                           v1::SaveSessionResponse* response);
  // Only saves it, for the registry to go on with.
  absl::Status ForkSession(const v1::ForkSessionRequest& request, Stop& stop,
                           v1::ForkSessionResponse* response);
  // CANCELLED if stopped before there is a network.
  absl::Status CreateNetwork(const v1::CreateNetworkRequest& request, Stop& stop,
                             v1::CreateNetworkResponse* response);
  // CANCELLED if stopped before anything has been added.
  absl::Status ExtendNetwork(const v1::ExtendNetworkRequest& request, Stop& stop,
                             v1::ExtendNetworkResponse* response);
  absl::Status DeleteNetwork(const v1::DeleteNetworkRequest& request,
                             v1::DeleteNetworkResponse* response);
  absl::Status GetNetwork(const v1::GetNetworkRequest& request, v1::GetNetworkResponse* response);
  absl::Status SetInput(const v1::SetInputRequest& request, v1::SetInputResponse* response);
  absl::Status SetParameters(const v1::SetParametersRequest& request,
                             v1::SetParametersResponse* response);
  absl::Status SetRecording(const v1::SetRecordingRequest& request,
                            v1::SetRecordingResponse* response);
  absl::Status GetParameters(const v1::GetParametersRequest& request,
                             v1::GetParametersResponse* response);
  absl::Status ResetSession(const v1::ResetSessionRequest& request, Stop& stop,
                            v1::ResetSessionResponse* response);
  absl::Status SnapshotSession(const v1::SnapshotSessionRequest& request,
                               v1::SnapshotSessionResponse* response);
  // Comes in slices, as Step does. CANCELLED if it is stopped, which changes nothing.
  bool ApplyReward(const v1::ApplyRewardRequest& request, Stop& stop,
                   v1::ApplyRewardResponse* response, absl::Status* status);
  absl::Status GetSpikes(const v1::GetSpikesRequest& request, v1::GetSpikesResponse* response);
  absl::Status GetSignals(const v1::GetSignalsRequest& request, v1::GetSignalsResponse* response);
  absl::Status GetWeights(const v1::GetWeightsRequest& request, v1::GetWeightsResponse* response);
  absl::Status SetWeights(const v1::SetWeightsRequest& request, Stop& stop,
                          v1::SetWeightsResponse* response);
  absl::Status GetWeightRecord(const v1::GetWeightRecordRequest& request,
                               v1::GetWeightRecordResponse* response);
  absl::Status CutConnections(const v1::CutConnectionsRequest& request,
                              v1::CutConnectionsResponse* response);
  // Comes in slices, as steps do.
  bool ReadWeights(const v1::ReadWeightsRequest& request, Stop& stop,
                   v1::ReadWeightsResponse* response, absl::Status* status);

  // Shows how things are, also in the midst of a command that is left for now. Errors
  // as of View::Fill.
  absl::Status Show(View* view, MemoryCharge* charge, v1::WatchSessionResponse* frame);

  // Whether what grows with activity (recordings, what is under way, what plastic
  // synapses remember) can grow once more; else RESOURCE_EXHAUSTED. Steps end and
  // are refused where it cannot, rather than fail midway.
  absl::Status CheckRoom() const;

  // Comes in slices: false if `stop` paused it, and it is to be called again.
  bool Step(const v1::StepRequest& request, Stop& stop, v1::StepResponse* response,
            absl::Status* status);

 private:
  absl::Status BeginStep(const v1::StepRequest& request);
  // Prepares the rewards of what has begun; false if paused. An error is CANCELLED.
  bool PrepareRewards(Stop& stop, absl::Status* status);
  absl::Status Apply();  // what has been checked of inputs and rewards
  // Builds what has been checked, if there is room for it; only checks the room
  // with `validate_only`.
  absl::Status Add(const engine::NetworkSpec& spec, const engine::NetworkSize& size,
                   uint64_t request_bytes, bool validate_only, Stop& stop,
                   absl::FunctionRef<absl::Status(engine::Crew*, engine::Pace*)> build);
  // Does, by turns and stoppable, what has done nothing if it is stopped.
  static absl::Status OrNothing(Stop& stop,
                                absl::FunctionRef<absl::Status(engine::Crew*, engine::Pace*)> work);
  void UpdateSize();
  absl::StatusOr<engine::Network*> FindNetwork(const std::string& name);
  void Describe(absl::string_view name, const engine::NetworkSize& size, double create_time_ms,
                v1::Network* message) const;
  absl::StatusOr<engine::NetworkSpec> SpecOf(const v1::CreateNetworkRequest& request) const;
  absl::Status CheckQuotas(const engine::NetworkSize& more) const;
  absl::Status CheckRecords(const engine::NetworkSpec& spec) const;
  absl::Status CheckRecord(absl::string_view name, bool on, uint32_t limit) const;

  const std::string identity_;
  Limits limits_;
  MemoryBudget memory_;        // of this session
  BudgetedMemory resource_;    // from it, for all that follows
  MemoryCharge descriptions_;  // of networks: names and specifications
  std::unique_ptr<engine::Simulation> simulation_;
  engine::NetworkSize size_;
  std::unique_ptr<InputPlan> inputs_;
  ReadoutPlan readout_;
  WeightReading weights_;
  bool failed_ = false;
  bool intact_ = false;  // the command has changed nothing so far
  bool changed_ = false, checked_only_ = false;
  v1::HaltReason halt_reason_ = v1::HALT_REASON_UNSPECIFIED;
  // Of a step or reward that has begun, and is not over.
  enum class Stage { kNone, kRewarding, kStepping };
  Stage stage_ = Stage::kNone;
  engine::Step step_begin_ = 0, step_end_ = 0;
  uint64_t asks_ = 0;
  Resets resets_;
  Snapshots snapshots_;
};

}  // namespace spiked::session
