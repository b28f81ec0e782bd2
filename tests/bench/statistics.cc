#include "tests/bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace spiked::bench {

double Quantile(absl::Span<const double> samples, double p) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - std::floor(position));
}

double Median(absl::Span<const double> samples) { return Quantile(samples, 0.5); }

double Spread(absl::Span<const double> samples) {
  return Quantile(samples, 0.75) - Quantile(samples, 0.25);
}

std::vector<double> Combine(absl::Span<const double> a, absl::Span<const double> b,
                            const std::function<double(double, double)>& combine) {
  std::vector<double> combined(a.size());
  std::transform(a.begin(), a.end(), b.begin(), combined.begin(), combine);
  return combined;
}

std::vector<double> Ratio(absl::Span<const double> a, absl::Span<const double> b) {
  return Combine(a, b, std::divides<>());
}

std::vector<double> Difference(absl::Span<const double> a, absl::Span<const double> b) {
  return Combine(a, b, std::minus<>());
}

std::vector<double> Sum(absl::Span<const double> a, absl::Span<const double> b) {
  return Combine(a, b, std::plus<>());
}

std::vector<double> Over(double numerator, absl::Span<const double> samples) {
  std::vector<double> quotients;
  quotients.reserve(samples.size());
  for (const double sample : samples) quotients.push_back(numerator / sample);
  return quotients;
}

}  // namespace spiked::bench
