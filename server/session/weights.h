// The commands that read and replace the weights of projections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/simulation.h"
#include "server/session/columns.h"
#include "server/session/query.h"
#include "server/session/stop.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// Page by page; each says as of when it is.
absl::Status GetWeights(const QueryContext& context, const v1::GetWeightsRequest& request,
                        v1::GetWeightsResponse* response);
absl::Status SetWeights(engine::Simulation& simulation, const v1::SetWeightsRequest& request,
                        engine::Pace* pace, v1::SetWeightsResponse* response);

// All weights of a moment: an answer in parts, a slice of which can be made at a
// time, since nothing else happens to a session meanwhile.
class WeightReading {
 public:
  // Whether it is over; goes on where it was if it is not.
  bool Continue(engine::Simulation& simulation, const v1::ReadWeightsRequest& request, Stop& stop,
                absl::Status* status);

 private:
  // What is to be read of each projection.
  struct Item {
    Part projection;
    std::vector<SynapseVariable> variables;
  };

  absl::Status Begin(engine::Simulation& simulation, const v1::ReadWeightsRequest& request);
  absl::Status AddPart(const engine::Simulation& simulation, const v1::ReadWeightsRequest& request,
                       Stop& stop);

  std::vector<Item> items_;  // empty when none is under way
  size_t item_ = 0;
  uint64_t first_ = 0;
};

}  // namespace spiked::session
