#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::Mirror() {
  return {.name = "mirror",
          .kind = ModelKind::kNeuron,
          .description =
              "Emits the spikes of a population of another network of the simulation when that "
              "emits them, so that connections from it connect the two networks.",
          .parameters = {},
          .recordables = {},
          .emission = Emission::kSpikes,
          .mirrors = true};
}

}  // namespace spiked::engine
