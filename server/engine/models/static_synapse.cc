#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::StaticSynapse() {
  return {.name = "static_synapse",
          .kind = ModelKind::kSynapse,
          .description = "Constant weight.",
          .parameters = {},
          .recordables = {}};
}

}  // namespace spiked::engine
