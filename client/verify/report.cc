#include "client/verify/report.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spiked::verify {
namespace {

// A spike in an order: its time as a whole number, and its neuron.
using Stamp = std::pair<int64_t, uint32_t>;

std::vector<Stamp> Sorted(const client::Spikes& spikes) {
  std::vector<Stamp> stamps;
  for (size_t k = 0; k < spikes.times_ms.size(); ++k) {
    stamps.emplace_back(std::llround(spikes.times_ms[k] / kSameTimeMs), spikes.senders[k]);
  }
  std::sort(stamps.begin(), stamps.end());
  return stamps;
}

double Deviation(const Measure& measure, double expected, double actual) {
  // Also where both are infinite or the divisor below is zero.
  if (expected == actual) return 0.0;
  const double difference = std::abs(actual - expected);
  // What is not a number agrees with nothing.
  if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
  return measure.relative ? difference / std::abs(expected) : difference;
}

}  // namespace

void Report::CompareSpikes(absl::string_view population, const client::Spikes& expected,
                           const client::Spikes& actual) {
  const std::vector<Stamp> should = Sorted(expected);
  const std::vector<Stamp> did = Sorted(actual);
  std::vector<Stamp> missing;
  std::vector<Stamp> surplus;
  std::set_difference(should.begin(), should.end(), did.begin(), did.end(),
                      std::back_inserter(missing));
  std::set_difference(did.begin(), did.end(), should.begin(), should.end(),
                      std::back_inserter(surplus));
  spikes_expected_ += should.size();
  spikes_equal_ += should.size() - missing.size();
  const auto keep_first = [&](const std::vector<Stamp>& stamps, absl::string_view how) {
    if (stamps.empty()) return;
    const auto& [time, neuron] = stamps.front();
    const double time_ms = static_cast<double>(time) * kSameTimeMs;
    if (first_spike_ && first_spike_->time_ms <= time_ms) return;
    first_spike_ = {time_ms, absl::StrCat("neuron ", neuron, " of ", population, " ", how)};
  };
  keep_first(missing, "should have fired and did not");
  keep_first(surplus, "fired and should not have");
}

void Report::CompareValues(const Measure& measure, double time_ms, absl::string_view whose,
                           absl::Span<const double> expected, absl::Span<const double> actual) {
  double& largest = deviations_[measure.variable];
  if (expected.size() != actual.size()) {
    largest = std::numeric_limits<double>::infinity();
    KeepFirst(measure.variable, time_ms,
              absl::StrCat(whose, " should have ", expected.size(), " values of ", measure.variable,
                           " and has ", actual.size()));
    return;
  }
  for (size_t k = 0; k < expected.size(); ++k) {
    if (std::isnan(expected[k])) continue;
    const double deviation = Deviation(measure, expected[k], actual[k]);
    largest = std::max(largest, deviation);
    if (deviation <= measure.tolerance) continue;
    KeepFirst(measure.variable, time_ms,
              absl::StrFormat("%s[%d] of %s should be %.17g and is %.17g", measure.variable, k,
                              whose, expected[k], actual[k]));
  }
}

void Report::KeepFirst(const std::string& variable, double time_ms, std::string text) {
  const auto [first, added] = first_values_.try_emplace(variable);
  if (added || time_ms < first->second.time_ms) first->second = {time_ms, std::move(text)};
}

void Report::Add(const Report& other) {
  spikes_expected_ += other.spikes_expected_;
  spikes_equal_ += other.spikes_equal_;
  for (const auto& [variable, deviation] : other.deviations_) {
    double& largest = deviations_[variable];
    largest = std::max(largest, deviation);
  }
}

std::vector<Difference> Report::differences() const {
  std::vector<Difference> differences;
  if (first_spike_) differences.push_back(*first_spike_);
  for (const auto& [variable, first] : first_values_) differences.push_back(first);
  return differences;
}

}  // namespace spiked::verify
