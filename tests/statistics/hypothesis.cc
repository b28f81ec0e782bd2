#include "tests/statistics/hypothesis.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace spiked::testing {
namespace {

constexpr double kPrecision = 1e-15;

// The regularized upper incomplete gamma function Q(a, x), by the series of its
// complement, whose terms are all positive.
double UpperGamma(double a, double x) {
  double term = 1.0 / a, sum = term;
  for (double k = a + 1.0; term > sum * kPrecision; ++k) {
    term *= x / k;
    sum += term;
  }
  return std::max(0.0, 1.0 - sum * std::exp(a * std::log(x) - x - std::lgamma(a)));
}

// The regularized incomplete beta function I_x(a, b), by its continued fraction
// (Lentz's method), which converges fast for x < (a + 1) / (a + b + 2).
double IncompleteBeta(double a, double b, double x) {
  if (x > (a + 1.0) / (a + b + 2.0)) return 1.0 - IncompleteBeta(b, a, 1.0 - x);
  const double front = std::exp(a * std::log(x) + b * std::log1p(-x) + std::lgamma(a + b) -
                                std::lgamma(a) - std::lgamma(b));
  double c = 1.0, d = 1.0 / (1.0 - (a + b) * x / (a + 1.0)), fraction = d;
  for (int m = 1; m < 1000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1.0;
    for (const double coefficient : {even, odd}) {
      d = 1.0 / (1.0 + coefficient * d);
      c = 1.0 + coefficient / c;
      change = c * d;
      fraction *= change;
    }
    if (std::abs(change - 1.0) < kPrecision) break;
  }
  return front * fraction / a;
}

}  // namespace

double Sample::standard_error() const { return sd / std::sqrt(n); }

Sample SampleOf(std::span<const double> numbers) {
  const auto n = static_cast<double>(numbers.size());
  const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / n;
  double squares = 0.0;
  for (const double x : numbers) squares += (x - mean) * (x - mean);
  return {.mean = mean, .sd = std::sqrt(squares / (n - 1.0)), .n = n};
}

double Kurtosis(std::span<const double> numbers) {
  const double mean = SampleOf(numbers).mean;
  double squares = 0.0, fourths = 0.0;
  for (const double x : numbers) {
    const double square = (x - mean) * (x - mean);
    squares += square;
    fourths += square * square;
  }
  return fourths * static_cast<double>(numbers.size()) / (squares * squares);
}

double ChiSquareTail(double x, double degrees) {
  return x == 0.0 ? 1.0 : UpperGamma(degrees / 2.0, x / 2.0);
}

double StudentTails(double t, double degrees) {
  return t == 0.0 ? 1.0 : IncompleteBeta(degrees / 2.0, 0.5, degrees / (degrees + t * t));
}

double WelchP(const Sample& a, const Sample& b) {
  const double va = a.sd * a.sd / a.n, vb = b.sd * b.sd / b.n;
  const double degrees = (va + vb) * (va + vb) / (va * va / (a.n - 1.0) + vb * vb / (b.n - 1.0));
  return StudentTails((a.mean - b.mean) / std::sqrt(va + vb), degrees);
}

double EqualSpreadP(const Sample& a, const Sample& b, double kurtosis) {
  // The logarithm of a sample's sd has this variance over n.
  const double variance = (kurtosis - 1.0) / 4.0;
  const double z = std::log(a.sd / b.sd) / std::sqrt(variance / a.n + variance / b.n);
  return std::erfc(std::abs(z) / std::sqrt(2.0));
}

double SameHistogramP(std::span<const uint64_t> a, std::span<const uint64_t> b) {
  const double all_a = static_cast<double>(std::accumulate(a.begin(), a.end(), uint64_t{0}));
  const double all_b = static_cast<double>(std::accumulate(b.begin(), b.end(), uint64_t{0}));
  const double share = all_a / (all_a + all_b);
  const double few = 5.0 / std::min(share, 1.0 - share);
  double chi_square = 0.0, bins = 0.0, in_a = 0.0, in_both = 0.0;
  for (size_t k = std::max(a.size(), b.size()); k-- > 0;) {
    const double here_a = k < a.size() ? static_cast<double>(a[k]) : 0.0;
    const double here_b = k < b.size() ? static_cast<double>(b[k]) : 0.0;
    in_a += here_a;
    in_both += here_a + here_b;
    if (in_both < few) continue;
    const double expected = share * in_both;
    chi_square += (in_a - expected) * (in_a - expected) / (expected * (1.0 - share));
    ++bins;
    in_a = in_both = 0.0;
  }
  return ChiSquareTail(chi_square, bins - 1.0);
}

double NormalP(std::vector<double> numbers, double mean, double sd) {
  std::ranges::sort(numbers);
  const auto n = static_cast<double>(numbers.size());
  double furthest = 0.0;
  for (size_t k = 0; k < numbers.size(); ++k) {
    const double expected = 0.5 * std::erfc((mean - numbers[k]) / (sd * std::sqrt(2.0)));
    const auto below = static_cast<double>(k);
    furthest = std::max({furthest, expected - below / n, (below + 1.0) / n - expected});
  }
  // Kolmogorov's series, with the correction of Stephens 1970.
  const double x = furthest * (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n));
  double p = 0.0;
  for (int k = 1; k <= 100; ++k) p += (k % 2 == 1 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * x * x);
  return std::clamp(p, 0.0, 1.0);
}

}  // namespace spiked::testing
