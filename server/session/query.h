// The commands that read out what a simulation has recorded, page by page.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/simulation.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// What page tokens depend on beside the request.
struct QueryContext {
  engine::Simulation& simulation;
  const std::string& identity;  // of the session; no other has ever had it
};

// How many entries a page is to have; 0 stands for the most. INVALID_ARGUMENT.
absl::StatusOr<uint32_t> PageSize(uint32_t asked, uint32_t most);

absl::Status GetSpikes(const QueryContext& context, const v1::GetSpikesRequest& request,
                       v1::GetSpikesResponse* response);
absl::Status GetWeightRecord(const QueryContext& context, const v1::GetWeightRecordRequest& request,
                             v1::GetWeightRecordResponse* response);
absl::Status GetSignals(const QueryContext& context, const v1::GetSignalsRequest& request,
                        v1::GetSignalsResponse* response);

}  // namespace spiked::session
