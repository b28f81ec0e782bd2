// Time on the grid: a whole number of steps of the resolution.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace spiked::engine {

// A point in time, or a span of it, in steps of the resolution.
using Step = int64_t;

inline constexpr Step kNever = std::numeric_limits<Step>::max();

// Longest time that is told apart from its neighbours on the grid: beyond it a
// time in ms no longer identifies a step.
inline constexpr Step kLastStep = Step{1} << 52;
inline constexpr bool IsTime(Step step) { return step >= -kLastStep && step <= kLastStep; }

// Longest delay of a connection.
inline constexpr Step kMaxDelaySteps = 1'000'000;

// Most simultaneous spikes that an input may ask for.
inline constexpr uint32_t kMaxMultiplicity = 1'000'000;

// Most simultaneous spikes of one neuron: cascades of relays stop counting
// there. A double holds any such number.
inline constexpr uint64_t kMostSimultaneous = uint64_t{1} << 53;

// Converts between milliseconds and steps of the resolution h.
class Grid {
 public:
  explicit Grid(double resolution_ms) : h_(resolution_ms) {}

  double resolution_ms() const { return h_; }

  // A time in ms of the given number of steps. Divides where 1/h is whole, so
  // that step 3 of 0.1 ms is the double nearest 0.3.
  double ToMs(Step steps) const {
    const double per_ms = std::round(1.0 / h_);
    return per_ms * h_ == 1.0 ? static_cast<double>(steps) / per_ms
                              : static_cast<double>(steps) * h_;
  }

  // The number of steps in a time in ms; nothing if it is not finite, out of
  // range, or off the grid by more than a millionth of a step (or, for long
  // times, more than rounding explains).
  std::optional<Step> ToSteps(double ms) const {
    const double steps = ms / h_;
    if (!(std::abs(steps) <= static_cast<double>(kLastStep))) return std::nullopt;
    const double nearest = std::round(steps);
    const double slack = 1e-6 + std::abs(nearest) * 1e-15;
    if (std::abs(steps - nearest) > slack) return std::nullopt;
    return static_cast<Step>(nearest);
  }

 private:
  double h_;
};

}  // namespace spiked::engine
