// How far what was computed is from what was recorded.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/verify/spikes.h"

namespace spiked::verify {

// What is compared beside spikes.
enum Quantity { kPotential, kWeights, kW, kC, kN, kReward };
inline constexpr size_t kQuantities = 6;

struct QuantityInfo {
  // As in the head of a table.
  absl::string_view name;
  // The deviation is an absolute one in this unit; relative if empty.
  absl::string_view unit;
  // The largest deviation that still agrees.
  double tolerance;
};

// The agreement that is required, by quantity.
inline constexpr std::array<QuantityInfo, kQuantities> kQuantityInfos = {{
    {"V_m", "mV", 1e-12},
    {"weights", "", 1e-9},
    {"w", "", 1e-9},
    {"c", "", 1e-9},
    {"n", "", 1e-9},
    {"reward", "", 1e-9},
}};

// A difference that breaks the required agreement.
struct Difference {
  double time_ms = 0.0;
  std::string text;
};

// The result of one case, or the total of several.
class Report {
 public:
  // Counts the expected spikes of a population and those of them that occurred;
  // any order.
  void CompareSpikes(absl::string_view population, std::vector<Spike> expected,
                     std::vector<Spike> actual);
  // Compares one value at a time, or many; `what` names it, followed by the
  // position if there are many. Lists of different length differ.
  void CompareValue(Quantity quantity, double time_ms, absl::string_view what, double expected,
                    double actual);
  void CompareValues(Quantity quantity, double time_ms, absl::string_view what,
                     absl::Span<const double> expected, absl::Span<const double> actual);

  // Adds the counts and deviations of another report, for a total.
  void Add(const Report& other);

  size_t spikes_expected() const { return spikes_expected_; }
  size_t spikes_equal() const { return spikes_equal_; }
  // The largest deviation; nothing if the quantity was never compared.
  std::optional<double> deviation(Quantity quantity) const { return deviations_[quantity]; }
  // The earliest difference in spikes, and that of each quantity; empty if all
  // agrees.
  std::vector<Difference> differences() const;
  bool agrees() const { return differences().empty(); }

 private:
  size_t spikes_expected_ = 0;
  size_t spikes_equal_ = 0;
  std::array<std::optional<double>, kQuantities> deviations_;
  std::optional<Difference> first_spike_;
  std::array<std::optional<Difference>, kQuantities> first_value_;
};

}  // namespace spiked::verify
