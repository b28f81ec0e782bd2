// How far what was computed is from what is expected.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/cpp/recordings.h"

namespace spiked::verify {

// Two times in ms are the same if they are no further apart: the finest grid has
// steps of a thousand times as much, and a time's double may be rounded either
// way.
inline constexpr double kSameTimeMs = 1e-6;

// How a variable is compared.
struct Measure {
  // Its name, such as `V_m` or `weights`.
  std::string variable;
  // The largest deviation that still agrees.
  double tolerance;
  // Whether a deviation is relative to the expected value, or in its unit.
  bool relative;
};

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
  void CompareSpikes(absl::string_view population, const client::Spikes& expected,
                     const client::Spikes& actual);
  // Compares values of a variable of `whose` at a time; NaN is not expected of
  // anything. Lists of different length differ.
  void CompareValues(const Measure& measure, double time_ms, absl::string_view whose,
                     absl::Span<const double> expected, absl::Span<const double> actual);

  // Adds the counts and deviations of another report, for a total.
  void Add(const Report& other);

  size_t spikes_expected() const { return spikes_expected_; }
  size_t spikes_equal() const { return spikes_equal_; }
  // The largest deviation of each variable that was compared.
  const std::map<std::string, double>& deviations() const { return deviations_; }
  // The earliest difference in spikes, and that of each variable; empty if all
  // agrees.
  std::vector<Difference> differences() const;
  bool agrees() const { return !first_spike_ && first_values_.empty(); }

 private:
  void KeepFirst(const std::string& variable, double time_ms, std::string text);

  size_t spikes_expected_ = 0;
  size_t spikes_equal_ = 0;
  std::map<std::string, double> deviations_;
  std::optional<Difference> first_spike_;
  std::map<std::string, Difference> first_values_;
};

}  // namespace spiked::verify
