#include "client/cpp/input.h"

#include <string>

namespace spiked::client {
namespace {

v1::Input InputFor(std::string_view population, TimeBase base) {
  v1::Input input;
  input.set_population(std::string(population));
  input.set_relative(base == TimeBase::kNow);
  return input;
}

void SetParameter(v1::Input* input, const char* name, double number) {
  (*input->mutable_device_parameters()->mutable_parameters())[name] = Number(number);
}

}  // namespace

v1::Input SpikeTrain(std::string_view population, uint32_t sender,
                     absl::Span<const double> times_ms, TimeBase base) {
  v1::Input input = InputFor(population, base);
  v1::SpikeTrains& trains = *input.mutable_spike_trains();
  trains.mutable_senders()->Resize(static_cast<int>(times_ms.size()), sender);
  trains.mutable_times_ms()->Add(times_ms.begin(), times_ms.end());
  return input;
}

v1::Input SpikeTrains(std::string_view population, absl::Span<const std::vector<double>> trains,
                      TimeBase base) {
  v1::Input input = InputFor(population, base);
  v1::SpikeTrains& columns = *input.mutable_spike_trains();
  for (size_t sender = 0; sender < trains.size(); ++sender) {
    for (const double time_ms : trains[sender]) {
      columns.add_senders(static_cast<uint32_t>(sender));
      columns.add_times_ms(time_ms);
    }
  }
  return input;
}

v1::Input DirectCurrent(std::string_view population, double amplitude_pa, double start_ms,
                        double stop_ms, TimeBase base) {
  v1::Input input = InputFor(population, base);
  SetParameter(&input, "amplitude", amplitude_pa);
  SetParameter(&input, "start", start_ms);
  SetParameter(&input, "stop", stop_ms);
  return input;
}

v1::Input CurrentSteps(std::string_view population, uint32_t sender,
                       absl::Span<const double> times_ms, absl::Span<const double> amplitudes_pa,
                       TimeBase base) {
  v1::Input input = InputFor(population, base);
  v1::CurrentSteps& steps = *input.mutable_current_steps();
  steps.mutable_senders()->Resize(static_cast<int>(times_ms.size()), sender);
  steps.mutable_times_ms()->Add(times_ms.begin(), times_ms.end());
  steps.mutable_amplitudes_pa()->Add(amplitudes_pa.begin(), amplitudes_pa.end());
  return input;
}

v1::Input PoissonRate(std::string_view population, double rate_hz) {
  v1::Input input = InputFor(population, TimeBase::kSession);
  SetParameter(&input, "rate", rate_hz);
  return input;
}

v1::Input NoiseCurrent(std::string_view population, double mean_pa, double std_pa) {
  v1::Input input = InputFor(population, TimeBase::kSession);
  SetParameter(&input, "mean", mean_pa);
  SetParameter(&input, "std", std_pa);
  return input;
}

v1::Reward MakeReward(std::string_view target, double value) {
  v1::Reward reward;
  reward.set_target(std::string(target));
  reward.set_value(value);
  return reward;
}

v1::Value Number(double number) {
  v1::Value value;
  value.set_number(number);
  return value;
}

v1::Value Numbers(absl::Span<const double> numbers) {
  v1::Value value;
  value.mutable_list()->mutable_values()->Add(numbers.begin(), numbers.end());
  return value;
}

v1::Value Normal(double mean, double std) {
  v1::Value value;
  v1::Normal& normal = *value.mutable_distribution()->mutable_normal();
  normal.set_mean(mean);
  normal.set_std(std);
  return value;
}

v1::PresetChoice Preset(std::string_view name,
                        std::initializer_list<std::pair<std::string_view, OptionValue>> options) {
  v1::PresetChoice choice;
  choice.set_name(std::string(name));
  for (const auto& [option, value] : options) {
    (*choice.mutable_options()->mutable_fields())[std::string(option)] = value.proto();
  }
  return choice;
}

}  // namespace spiked::client
