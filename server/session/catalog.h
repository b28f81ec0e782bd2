// What the server can build networks of.
#pragma once

#include "absl/status/status.h"
#include "spiked/v1/catalog_service.pb.h"

namespace spiked::session {

absl::Status ListModels(const v1::ListModelsRequest& request, v1::ListModelsResponse* response);
absl::Status ListPresets(const v1::ListPresetsRequest& request, v1::ListPresetsResponse* response);

}  // namespace spiked::session
