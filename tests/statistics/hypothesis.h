// Whether two samples differ by more than chance. A p-value is the probability
// that samples of the same distribution differ as much as these, or more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spiked::testing {

// What is known of a sample of numbers.
struct Sample {
  double mean = 0.0;
  double sd = 0.0;  // of the sample, with n - 1
  double n = 0.0;
  double standard_error() const;
};

Sample SampleOf(std::span<const double> numbers);

// Fourth central moment over the square of the second; 3 for a normal
// distribution.
double Kurtosis(std::span<const double> numbers);

// The probability that a chi-square variable with that many degrees of freedom
// exceeds x >= 0.
double ChiSquareTail(double x, double degrees);

// The probability that Student's t with that many degrees of freedom (not
// necessarily whole) is further from 0 than t is.
double StudentTails(double t, double degrees);

// Of equal means, by Welch's t-test, which lets the variances differ.
double WelchP(const Sample& a, const Sample& b);

// Of equal standard deviations, for large samples of a distribution with that
// kurtosis.
double EqualSpreadP(const Sample& a, const Sample& b, double kurtosis);

// Of two histograms over the same bins, by the chi-square test of homogeneity.
// Bins from the last one down are taken together until five counts are expected
// in each sample; a histogram may be shorter than the other.
double SameHistogramP(std::span<const uint64_t> a, std::span<const uint64_t> b);

// Of numbers drawn from that normal distribution, by Kolmogorov and Smirnov's
// test; for large samples.
double NormalP(std::vector<double> numbers, double mean, double sd);

}  // namespace spiked::testing
