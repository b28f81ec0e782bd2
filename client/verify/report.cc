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

// Stamps are told apart by the nanosecond; the finest grid has steps of a
// microsecond, and a stamp's double may be rounded either way.
int64_t Nanoseconds(const Spike& spike) { return std::llround(spike.time_ms * 1e6); }

bool Before(const Spike& a, const Spike& b) {
  return std::pair(Nanoseconds(a), a.neuron) < std::pair(Nanoseconds(b), b.neuron);
}

void KeepEarlier(std::optional<Difference>* first, double time_ms, std::string text) {
  if (!*first || time_ms < (*first)->time_ms) *first = Difference{time_ms, std::move(text)};
}

double Deviation(Quantity quantity, double expected, double actual) {
  const double difference = std::abs(actual - expected);
  // Also where both are infinite or the divisor below is zero.
  if (expected == actual) return 0.0;
  // What is not a number agrees with nothing.
  if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
  return kQuantityInfos[quantity].unit.empty() ? difference / std::abs(expected) : difference;
}

}  // namespace

void Report::CompareSpikes(absl::string_view population, std::vector<Spike> expected,
                           std::vector<Spike> actual) {
  std::sort(expected.begin(), expected.end(), Before);
  std::sort(actual.begin(), actual.end(), Before);
  spikes_expected_ += expected.size();
  const auto differ = [&](const Spike& spike, absl::string_view how) {
    KeepEarlier(&first_spike_, spike.time_ms,
                absl::StrCat("neuron ", spike.neuron, " of ", population, " ", how));
  };
  auto wanted = expected.begin();
  auto found = actual.begin();
  while (wanted != expected.end() || found != actual.end()) {
    if (found == actual.end() || (wanted != expected.end() && Before(*wanted, *found))) {
      differ(*wanted++, "should have fired and did not");
    } else if (wanted == expected.end() || Before(*found, *wanted)) {
      differ(*found++, "fired and should not have");
    } else {
      ++spikes_equal_;
      ++wanted;
      ++found;
    }
  }
}

void Report::CompareValue(Quantity quantity, double time_ms, absl::string_view what,
                          double expected, double actual) {
  const double deviation = Deviation(quantity, expected, actual);
  deviations_[quantity] = std::max(deviations_[quantity].value_or(0.0), deviation);
  if (deviation <= kQuantityInfos[quantity].tolerance) return;
  KeepEarlier(&first_value_[quantity], time_ms,
              absl::StrFormat("%s should be %.17g and is %.17g", what, expected, actual));
}

void Report::CompareValues(Quantity quantity, double time_ms, absl::string_view what,
                           absl::Span<const double> expected, absl::Span<const double> actual) {
  CompareValue(quantity, time_ms, absl::StrCat("the number of ", what),
               static_cast<double>(expected.size()), static_cast<double>(actual.size()));
  for (size_t k = 0; k < std::min(expected.size(), actual.size()); ++k) {
    CompareValue(quantity, time_ms, absl::StrCat(what, "[", k, "]"), expected[k], actual[k]);
  }
}

void Report::Add(const Report& other) {
  spikes_expected_ += other.spikes_expected_;
  spikes_equal_ += other.spikes_equal_;
  for (size_t k = 0; k < kQuantities; ++k) {
    if (!other.deviations_[k]) continue;
    deviations_[k] = std::max(deviations_[k].value_or(0.0), *other.deviations_[k]);
  }
}

std::vector<Difference> Report::differences() const {
  std::vector<Difference> differences;
  if (first_spike_) differences.push_back(*first_spike_);
  for (const auto& first : first_value_) {
    if (first) differences.push_back(*first);
  }
  return differences;
}

}  // namespace spiked::verify
