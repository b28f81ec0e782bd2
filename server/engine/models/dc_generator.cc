#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "server/engine/current_devices.h"
#include "server/engine/error.h"
#include "server/engine/models/models.h"
#include "server/engine/number.h"

namespace spiked::engine {
namespace {

enum Parameter : size_t { kAmplitude, kStart, kStop };

class DirectCurrents final : public PlannedCurrents {
 public:
  explicit DirectCurrents(const CurrentContext& context)
      : PlannedCurrents(context.devices, context.memory), grid_(context.grid) {
    SetParameters(*context.parameters, context.begin);
  }

  // A setting takes hold one step after it was made, as in NEST.
  void SetParameters(const ParameterColumns& values, Step now) override {
    const Step from = now + 1;
    const auto steps = [&](double ms) {
      return std::isfinite(ms) ? grid_.ToSteps(ms).value_or(kNever) : kNever;
    };
    for (uint32_t device = 0; device < devices(); ++device) {
      const Step start = std::max(from, steps(values[kStart][device]));
      const Step stop = steps(values[kStop][device]);
      std::vector<Change> changes;
      if (start < stop) {
        changes.push_back({start, values[kAmplitude][device]});
        if (stop != kNever) changes.push_back({stop, 0.0});
      }
      Plan(device, from, /*restart=*/true, changes);
    }
  }

 private:
  Grid grid_;
};

absl::Status Check(ParameterRow p) {
  if (!(p[kStop] < p[kStart])) return absl::OkStatus();
  return InvalidField("parameters[stop]",
                      absl::StrFormat("must not lie before start: %s ms is before %s ms",
                                      ToText(p[kStop]), ToText(p[kStart])));
}

}  // namespace

ModelInfo models::DcGenerator() {
  using namespace parameter;
  constexpr double kInf = std::numeric_limits<double>::infinity();
  return {.name = "dc_generator",
          .kind = ModelKind::kStimulationDevice,
          .description = "Constant current from start to stop.",
          .parameters = {Any("amplitude", "pA", 0, "Amplitude."),
                         OnGrid(AtLeast(0, "start", "ms", 0,
                                        "Time at which the current begins, on the grid.")),
                         OnGrid(Between(0, kInf, "stop", "ms", kInf,
                                        "Time at which the current ends, on the grid; not before "
                                        "start."))},
          .recordables = {},
          .emission = Emission::kCurrents,
          .input = Input::kParameters,
          .check = Check,
          .make_currents = [](const CurrentContext& context) -> std::unique_ptr<CurrentDevices> {
            return std::make_unique<DirectCurrents>(context);
          }};
}

}  // namespace spiked::engine
