#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::SpikeGenerator() {
  return {.name = "spike_generator",
          .kind = ModelKind::kStimulationDevice,
          .description = "Emits the spikes that SetInput gives it.",
          .parameters = {},
          .recordables = {},
          .emission = Emission::kSpikes,
          .input = Input::kSpikeTrains};
}

}  // namespace spiked::engine
