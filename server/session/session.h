// A session as its callers see it: a machine, and who may use it when.
//
// Commands run one at a time, in order of arrival, on the threads of their
// callers. A step runs in slices of a few milliseconds; between these it gives
// way to other users, and looks whether it is to stop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/session/caller.h"
#include "server/session/limits.h"
#include "server/session/machine.h"
#include "server/session/memory.h"
#include "server/session/turns.h"
#include "spiked/v1/session.pb.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// What all sessions share. It must outlive them.
struct Shared {
  Limits limits;
  MemoryBudget memory;
  Turns cores;     // for steps
  Turns builders;  // for building networks, which cannot be cut into slices
};

struct SessionOptions {
  std::string id;
  std::string identity;  // unlike that of any other session that has ever been
  std::string display_name;
  std::map<std::string, std::string> labels;
  double resolution_ms = 0.1;
  uint64_t seed = 0;
};

// Thread-safe. A command that fails, or whose caller goes away before it is its
// turn, leaves the session as it was.
class Session {
 public:
  // `memory` is what the session takes by itself; networks come on top.
  Session(SessionOptions options, MemoryCharge memory, Shared* shared);

  absl::Status CreateNetwork(const v1::CreateNetworkRequest& request, const Caller& caller,
                             v1::CreateNetworkResponse* response);
  absl::Status GetNetwork(const v1::GetNetworkRequest& request, const Caller& caller,
                          v1::GetNetworkResponse* response);
  absl::Status SetInput(const v1::SetInputRequest& request, const Caller& caller,
                        v1::SetInputResponse* response);
  absl::Status ApplyReward(const v1::ApplyRewardRequest& request, const Caller& caller,
                           v1::ApplyRewardResponse* response);
  absl::Status Step(const v1::StepRequest& request, const Caller& caller,
                    v1::StepResponse* response);
  absl::Status GetSpikes(const v1::GetSpikesRequest& request, const Caller& caller,
                         v1::GetSpikesResponse* response);
  absl::Status GetSignals(const v1::GetSignalsRequest& request, const Caller& caller,
                          v1::GetSignalsResponse* response);
  absl::Status GetWeights(const v1::GetWeightsRequest& request, const Caller& caller,
                          v1::GetWeightsResponse* response);
  absl::Status SetWeights(const v1::SetWeightsRequest& request, const Caller& caller,
                          v1::SetWeightsResponse* response);

  // None of these waits.

  // Ends the step that is running, if any, at its next slice; whether one was.
  bool Halt();
  // Halts for that reason, and refuses all commands from now on, also those
  // that wait, with that error.
  void Close(v1::HaltReason reason, const absl::Status& why);
  void Describe(v1::Session* message) const;

 private:
  class Turn;

  template <typename Request, typename Response>
  absl::Status Run(absl::Status (Machine::*command)(const Request&, Response*),
                   const Request& request, const Caller& caller, Response* response);
  absl::StatusOr<v1::HaltReason> AdvanceTo(engine::Step until, const Caller& caller,
                                           Turns::Permit& core);
  v1::HaltReason Stopped() const;
  std::vector<Turns::Permit> IdleCores(absl::string_view user);

  const SessionOptions options_;
  const std::chrono::system_clock::time_point create_time_;
  MemoryCharge memory_;
  Shared* const shared_;
  Turns turns_;  // one permit: the right to touch what follows

  Machine machine_;
  // How many steps of the simulation fill a slice, as measured.
  engine::Step slice_steps_;
  Clock::time_point last_charge_ = Clock::now();

  std::atomic<bool> halt_{false};  // the step that is running
  // For good, unless unspecified.
  std::atomic<v1::HaltReason> closed_{v1::HALT_REASON_UNSPECIFIED};

  // What Describe says, so that it need not wait for a turn.
  struct Published {
    bool busy = false;
    bool stepping = false;
    engine::Step now = 0;
    std::chrono::system_clock::time_point last_use_time;
    std::vector<std::string> networks;
    engine::NetworkSize size;
  };
  mutable std::mutex published_mutex_;
  Published published_;
};

}  // namespace spiked::session
