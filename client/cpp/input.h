// Short ways to write the messages that drive a network.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::client {

// From when the times in an input count.
enum class TimeBase {
  // From the beginning of the session.
  kSession,
  // From the session's time at which the input is applied.
  kNow,
};

// Stamps in ms for generator `sender` of a population of spike generators; the
// others fall silent. `population` is `network/population` here and below.
v1::Input SpikeTrain(std::string_view population, uint32_t sender,
                     absl::Span<const double> times_ms, TimeBase base = TimeBase::kSession);

// Stamps in ms for each generator of the population: trains[k] for generator k.
v1::Input SpikeTrains(std::string_view population, absl::Span<const std::vector<double>> trains,
                      TimeBase base = TimeBase::kSession);

// A current of a population of dc_generators: amplitude in pA, from start to
// stop in ms.
v1::Input DirectCurrent(std::string_view population, double amplitude_pa, double start_ms,
                        double stop_ms, TimeBase base = TimeBase::kSession);

// Currents of step-current generator `sender`: from times_ms[k] on,
// amplitudes_pa[k]. The others keep theirs.
v1::Input CurrentSteps(std::string_view population, uint32_t sender,
                       absl::Span<const double> times_ms, absl::Span<const double> amplitudes_pa,
                       TimeBase base = TimeBase::kSession);

// The rate in Hz of a population of Poisson generators.
v1::Input PoissonRate(std::string_view population, double rate_hz);

// Mean and standard deviation in pA of a population of noise generators.
v1::Input NoiseCurrent(std::string_view population, double mean_pa, double std_pa);

// A reward for `network/projection`, or for all rstdp projections of `network`.
v1::Reward MakeReward(std::string_view target, double value);

// A value that is the same for all, one for each, or drawn for each.
v1::Value Number(double number);
v1::Value Numbers(absl::Span<const double> numbers);
v1::Value Normal(double mean, double std);

// The value of a preset's option: a truth value, a number or a text.
class OptionValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): so that options can be written
  // as {{"num_neurons", 20}, {"noise", true}}.
  OptionValue(bool value) { value_.set_bool_value(value); }
  OptionValue(int value) { value_.set_number_value(value); }
  OptionValue(double value) { value_.set_number_value(value); }
  OptionValue(const char* value) { value_.set_string_value(value); }
  // NOLINTEND(google-explicit-constructor)

  const google::protobuf::Value& proto() const { return value_; }

 private:
  google::protobuf::Value value_;
};

// A preset of the server's catalogue, with the options that are not to have
// their default values.
v1::PresetChoice Preset(
    std::string_view name,
    std::initializer_list<std::pair<std::string_view, OptionValue>> options = {});

}  // namespace spiked::client
