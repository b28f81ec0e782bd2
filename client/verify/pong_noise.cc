#include "client/verify/pong_noise.h"

#include <cmath>
#include <utility>

#include "client/cpp/input.h"
#include "client/verify/formula.h"
#include "client/verify/pattern.h"
#include "client/verify/specification.h"

namespace spiked::verify {
namespace {

constexpr char kField[] = "noise";

// The patterns take the words as they are, and leave the numbers open.
constexpr char kCurrents[] =
    R"(step_current_generator; amplitude set at (\S+) ms and then at every whole ms: )"
    R"(I\(n, k\) = (.+) pA on the k-th millisecond .* reaches the neuron (\S+) ms later\).*)";
constexpr char kSpikes[] =
    R"(spike_generator: .* at step s \((\S+) ms steps, s >= (\d+)\) iff (.+); )"
    R"(weight (\S+), delay (\S+) ms)";

v1::Input Background() {
  v1::Input input;
  input.set_population(InNetwork("background"));
  return input;
}

PongNoise ReadCurrents(const Fields& fields, const std::vector<std::string>& groups,
                       uint32_t neurons, double duration_ms) {
  const double first_ms = ReadDecimal(fields, kField, groups[0]);
  const Formula amplitude(fields, kField, groups[1], {"n", "k"});
  PongNoise noise{.model = "step_current_generator",
                  .delay_ms = ReadDecimal(fields, kField, groups[2]),
                  .input = Background()};
  v1::CurrentSteps& steps = *noise.input.mutable_current_steps();
  for (uint32_t n = 0; n < neurons; ++n) {
    for (int64_t k = 0; static_cast<double>(k) < duration_ms && fields.status().ok(); ++k) {
      steps.add_senders(n);
      steps.add_times_ms(k == 0 ? first_ms : static_cast<double>(k));
      steps.add_amplitudes_pa(amplitude.Real({n, k}));
    }
  }
  return noise;
}

PongNoise ReadSpikes(const Fields& fields, const std::vector<std::string>& groups, uint32_t neurons,
                     double duration_ms) {
  const double step_ms = ReadDecimal(fields, kField, groups[0]);
  const double first_step = ReadDecimal(fields, kField, groups[1]);
  if (!(step_ms > 0.0)) fields.Fail(kField, "must have steps above 0 ms");
  const Formula fires(fields, kField, groups[2], {"n", "s"});
  PongNoise noise{.model = "spike_generator",
                  .weight = ReadDecimal(fields, kField, groups[3]),
                  .delay_ms = ReadDecimal(fields, kField, groups[4]),
                  .input = Background()};
  v1::SpikeTrains& trains = *noise.input.mutable_spike_trains();
  if (!fields.status().ok()) return noise;
  const int64_t last_step = std::llround(duration_ms / step_ms);
  for (uint32_t n = 0; n < neurons; ++n) {
    for (auto s = static_cast<int64_t>(first_step); s <= last_step && fields.status().ok(); ++s) {
      if (fires.Whole({n, s}) == 0) continue;
      trains.add_senders(n);
      trains.add_times_ms(static_cast<double>(s) * step_ms);
    }
  }
  return noise;
}

}  // namespace

PongNoise ReadPongNoise(const Fields& fields, uint32_t neurons, double duration_ms) {
  const std::string text = fields.Text(kField);
  if (const auto groups = Match(text, kCurrents)) {
    return ReadCurrents(fields, *groups, neurons, duration_ms);
  }
  if (const auto groups = Match(text, kSpikes)) {
    return ReadSpikes(fields, *groups, neurons, duration_ms);
  }
  fields.Fail(
      kField,
      "must describe a step_current_generator (amplitude set at ... ms and then at every "
      "whole ms: I(n, k) = ... pA on the k-th millisecond ... reaches the neuron ... ms "
      "later) or a spike_generator (: ... at step s (... ms steps, s >= ...) iff ...; weight "
      "..., delay ... ms)");
  return {};
}

}  // namespace spiked::verify
