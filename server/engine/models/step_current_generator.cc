#include "server/engine/activity_window.h"
#include "server/engine/current_devices.h"
#include "server/engine/models/models.h"

namespace spiked::engine {
namespace {

class StepCurrents final : public PlannedCurrents {
 public:
  explicit StepCurrents(const CurrentContext& context)
      : PlannedCurrents(context.devices, context.memory),
        grid_(context.grid),
        memory_(context.memory) {
    SetParameters(*context.parameters, context.begin);
  }

  void SetParameters(const ParameterColumns& values, Step now) override {
    windows_.Set(WindowsOf(values, grid_, memory_), now);
  }

 private:
  Grid grid_;
  Memory memory_;
};

}  // namespace

ModelInfo models::StepCurrentGenerator() {
  return {.name = "step_current_generator",
          .kind = ModelKind::kStimulationDevice,
          .description =
              "Piecewise constant current that SetInput gives it, as far as it lies between start "
              "and stop.",
          .parameters = WithWindow({}),
          .recordables = {},
          .emission = Emission::kCurrents,
          .input = Input::kCurrentSteps,
          .check = CheckWindow,
          .make_currents = [](const CurrentContext& context) -> std::unique_ptr<CurrentDevices> {
            return std::make_unique<StepCurrents>(context);
          }};
}

}  // namespace spiked::engine
