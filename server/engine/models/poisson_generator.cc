#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::PoissonGenerator() {
  using namespace parameter;
  return {.name = "poisson_generator",
          .kind = ModelKind::kStimulationDevice,
          .description =
              "Poisson spike trains, independent for each target; its spikes cannot be "
              "recorded.",
          .parameters = {Between(0, 1e8, "rate", "Hz", 0, "Mean rate.")},
          .recordables = {},
          .emission = Emission::kPoissonSpikes,
          .input = Input::kParameters};
}

}  // namespace spiked::engine
