#include "server/engine/activity_window.h"
#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::SpikeGenerator() {
  return {.name = "spike_generator",
          .kind = ModelKind::kStimulationDevice,
          .description =
              "Emits the spikes that SetInput gives it, those stamped after start and up to stop.",
          .parameters = WithWindow({}),
          .recordables = {},
          .emission = Emission::kSpikes,
          .input = Input::kSpikeTrains,
          .check = CheckWindow};
}

}  // namespace spiked::engine
