#include "server/engine/activity_window.h"
#include "server/engine/models/models.h"
#include "server/engine/poisson_input.h"

namespace spiked::engine {

ModelInfo models::PoissonGenerator() {
  using namespace parameter;
  return {.name = "poisson_generator",
          .kind = ModelKind::kStimulationDevice,
          .description =
              "Poisson spike trains from start to stop, independent for each target; its spikes "
              "cannot be recorded.",
          .parameters = WithWindow({Between(0, kHighestRate, "rate", "Hz", 0, "Mean rate.")}),
          .recordables = {},
          .emission = Emission::kPoissonSpikes,
          .input = Input::kParameters,
          .check = CheckWindow};
}

}  // namespace spiked::engine
