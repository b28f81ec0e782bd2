#include "tests/statistics/hypothesis.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>
#include <numeric>
#include <vector>

namespace spiked::testing {
namespace {

namespace bm = boost::math;

// The probability of being further from 0 than x, for a symmetric distribution.
template <typename Distribution>
double BothTails(const Distribution& distribution, double x) {
  return 2.0 * cdf(complement(distribution, std::abs(x)));
}

}  // namespace

double Sample::standard_error() const { return sd / std::sqrt(n); }

Sample SampleOf(std::span<const double> numbers) {
  const auto [mean, variance] =
      bm::statistics::mean_and_sample_variance(numbers.begin(), numbers.end());
  return {.mean = mean, .sd = std::sqrt(variance), .n = static_cast<double>(numbers.size())};
}

double Kurtosis(std::span<const double> numbers) {
  return bm::statistics::kurtosis(numbers.begin(), numbers.end());
}

double ChiSquareTail(double x, double degrees) {
  return cdf(complement(bm::chi_squared(degrees), x));
}

double StudentTails(double t, double degrees) { return BothTails(bm::students_t(degrees), t); }

double WelchP(const Sample& a, const Sample& b) {
  const double va = a.sd * a.sd / a.n, vb = b.sd * b.sd / b.n;
  const double degrees = (va + vb) * (va + vb) / (va * va / (a.n - 1.0) + vb * vb / (b.n - 1.0));
  return StudentTails((a.mean - b.mean) / std::sqrt(va + vb), degrees);
}

double EqualSpreadP(const Sample& a, const Sample& b, double kurtosis) {
  // The logarithm of a sample's sd has this variance over n.
  const double variance = (kurtosis - 1.0) / 4.0;
  const double z = std::log(a.sd / b.sd) / std::sqrt(variance / a.n + variance / b.n);
  return BothTails(bm::normal(), z);
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
  const bm::normal distribution(mean, sd);
  std::ranges::sort(numbers);
  const auto n = static_cast<double>(numbers.size());
  double furthest = 0.0;
  for (size_t k = 0; k < numbers.size(); ++k) {
    const double expected = cdf(distribution, numbers[k]);
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
