// What replaces the noise of a player of pong, so that it can be replayed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/verify/fields.h"
#include "spiked/v1/data.pb.h"

namespace spiked::verify {

// Devices, one for each motor neuron.
struct PongNoise {
  std::string model = {};
  // Unset: as in the noise that is replaced.
  std::optional<double> weight = {};
  double delay_ms = 0.0;
  // What the devices are given at the beginning.
  v1::Input input = {};
};

// Reads the field `noise`, which describes a step_current_generator or a
// spike_generator in words and by a formula, for so many neurons and ms.
PongNoise ReadPongNoise(const Fields& fields, uint32_t neurons, double duration_ms);

}  // namespace spiked::verify
