#include "server/engine/current_devices.h"
#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::StepCurrentGenerator() {
  return {.name = "step_current_generator",
          .kind = ModelKind::kStimulationDevice,
          .description = "Piecewise constant current that SetInput gives it.",
          .parameters = {},
          .recordables = {},
          .emission = Emission::kCurrents,
          .input = Input::kCurrentSteps,
          .make_currents = [](const CurrentContext& context) -> std::unique_ptr<CurrentDevices> {
            return std::make_unique<PlannedCurrents>(context.devices, context.memory);
          }};
}

}  // namespace spiked::engine
