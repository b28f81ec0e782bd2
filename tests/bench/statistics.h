// What is made of repeated measurements. Pure.
#pragma once

#include <functional>
#include <vector>

#include "absl/types/span.h"

namespace spiked::bench {

// The value below which the share `p` (0 to 1) of the samples lies, linear
// between two of them. `samples` must not be empty.
double Quantile(absl::Span<const double> samples, double p);

double Median(absl::Span<const double> samples);

// Interquartile range: half of the samples lie within it. Unlike a standard
// deviation it does not mind the one repetition in which the machine was away.
double Spread(absl::Span<const double> samples);

// Applies `combine` to the samples of two sides that were measured in turn,
// repetition by repetition, so that what slowed both down cancels.
std::vector<double> Combine(absl::Span<const double> a, absl::Span<const double> b,
                            const std::function<double(double, double)>& combine);
std::vector<double> Ratio(absl::Span<const double> a, absl::Span<const double> b);
std::vector<double> Difference(absl::Span<const double> a, absl::Span<const double> b);
std::vector<double> Sum(absl::Span<const double> a, absl::Span<const double> b);

// numerator / x for each sample: turns time per item into items per time.
std::vector<double> Over(double numerator, absl::Span<const double> samples);

}  // namespace spiked::bench
