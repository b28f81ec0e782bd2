#include "server/engine/activity_window.h"
#include "server/engine/current_devices.h"
#include "server/engine/models/models.h"

namespace spiked::engine {
namespace {

enum Parameter : size_t { kAmplitude };

class DirectCurrents final : public PlannedCurrents {
 public:
  explicit DirectCurrents(const CurrentContext& context)
      : PlannedCurrents(context.devices, context.memory),
        grid_(context.grid),
        memory_(context.memory) {
    SetParameters(*context.parameters, context.begin);
  }

  // A setting takes hold one step after it was made, as in NEST.
  void SetParameters(const ParameterColumns& values, Step now) override {
    const Step from = now + 1;
    for (uint32_t device = 0; device < devices(); ++device) {
      const Change change = {.from = from, .amplitude = values[kAmplitude][device]};
      Plan(device, from, std::span(&change, 1));
    }
    windows_.Set(WindowsOf(values, grid_, memory_), from);
  }

 private:
  Grid grid_;
  Memory memory_;
};

}  // namespace

ModelInfo models::DcGenerator() {
  using namespace parameter;
  return {.name = "dc_generator",
          .kind = ModelKind::kStimulationDevice,
          .description = "Constant current from start to stop.",
          .parameters = WithWindow({Any("amplitude", "pA", 0, "Amplitude.")}),
          .recordables = {},
          .emission = Emission::kCurrents,
          .input = Input::kParameters,
          .check = CheckWindow,
          .make_currents = [](const CurrentContext& context) -> std::unique_ptr<CurrentDevices> {
            return std::make_unique<DirectCurrents>(context);
          }};
}

}  // namespace spiked::engine
