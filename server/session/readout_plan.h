// What a step is to read out: found and bounded before the step begins, filled
// in when it is over.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "server/engine/simulation.h"
#include "server/session/address.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// The first time from `begin` on after which `fits` is so, as it is for later ones; asked
// for that time last.
engine::Step FitsAfter(engine::Step begin, engine::Step now,
                       absl::FunctionRef<bool(engine::Step after)> fits);

// Kept from step to step, so that its buffers are.
class ReadoutPlan {
 public:
  explicit ReadoutPlan(engine::Memory memory) : totals_(memory), before_(memory) {}

  // Finds everything, and remembers how often neurons have fired so far.
  // Errors have fields such as `readout.spike_counts[1]`. INVALID_ARGUMENT
  // (reason READOUT_TOO_LARGE) if the answer could exceed kMaxReplyBytes. How
  // many spikes there will be nobody knows; see Fill.
  absl::Status Check(engine::Simulation& simulation, const v1::Readout& readout,
                     engine::Step duration);

  // Reads out what has happened since `begin`. Of spikes only the latest that fit
  // into kMaxReplyBytes are returned, those of all populations after the same time;
  // complete_after_ms and dropped tell so. The readout must be the one that was
  // checked.
  void Fill(const engine::Simulation& simulation, const v1::Readout& readout, engine::Step begin,
            v1::StepResponse* response) const;

 private:
  // What the readout names, list by list.
  struct List {
    AddressMemo<Part> memo;
    std::vector<Part> parts;
  };

  uint64_t bytes_ = 0;  // of all but spikes, at most
  List counted_, spikes_, weights_, signals_;
  std::pmr::vector<uint64_t> totals_;  // of the neurons of all counted populations
  std::pmr::vector<uint64_t> before_;  // spikes recorded of each population in spikes_
};

}  // namespace spiked::session
