#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "server/engine/math/bernoulli.h"
#include "tests/engine/math/accuracy.h"
#include "tests/statistics/hypothesis.h"

namespace spiked::engine {
namespace {

constexpr int kNumber = 200'000;

std::vector<double> Gaps(double probability, int n = kNumber) {
  const BernoulliGaps gap(probability);
  RandomDraws draws(KeyOf(1), 2, 3);
  std::vector<double> gaps;
  for (int k = 0; k < n; ++k) gaps.push_back(static_cast<double>(gap(draws)));
  return gaps;
}

TEST(BernoulliGaps, AreGeometric) {
  for (const double p : {1e-4, 0.005, 0.1, 0.5, 0.9, 0.999}) {
    SCOPED_TRACE(p);
    // Bins of equal width, but for the last one.
    const double width = std::max(1.0, std::floor(0.1 / p));
    constexpr size_t kBins = 30;
    std::vector<uint64_t> counts(kBins);
    for (const double gap : Gaps(p)) {
      ++counts[std::min(kBins - 1, static_cast<size_t>(gap / width))];
    }
    double chi_squared = 0, degrees = -1;
    for (size_t k = 0; k < kBins; ++k) {
      const auto below = [&](size_t bin) { return -std::expm1(std::log1p(-p) * width * bin); };
      const double expected = kNumber * ((k + 1 < kBins ? below(k + 1) : 1.0) - below(k));
      if (expected < 5) continue;
      const double deviation = static_cast<double>(counts[k]) - expected;
      chi_squared += deviation * deviation / expected;
      ++degrees;
    }
    EXPECT_GT(testing::ChiSquareTail(chi_squared, std::max(1.0, degrees)), 1e-4);
  }
}

// Of tiny probabilities, too, of which 1 - p is 1.
TEST(BernoulliGaps, OfRareSuccessesAreExponential) {
  for (const double p : {1e-9, 1e-15, 1.1e-16, 1e-16, 1e-17, 1e-18}) {
    SCOPED_TRACE(p);
    std::vector<double> gaps = Gaps(p);
    std::ranges::sort(gaps);
    double furthest = 0;
    for (size_t k = 0; k < gaps.size(); ++k) {
      const double below = -std::expm1(-p * gaps[k]);
      furthest = std::max(furthest, std::abs(below - static_cast<double>(k) / kNumber));
    }
    // Kolmogorov and Smirnov, p = 0.0001; what is beyond the largest gap counts
    // as one.
    EXPECT_LT(furthest, 2.23 / std::sqrt(kNumber) + std::exp(-p * BernoulliGaps::kMost));
  }
}

TEST(BernoulliGaps, SeldomShortOnesHaveTheirProbability) {
  const BernoulliGaps gap(1e-12);
  RandomDraws draws(KeyOf(1), 2, 3);
  int short_ones = 0;
  for (int k = 0; k < 2'000'000; ++k) short_ones += gap(draws) < 100'000'000;
  EXPECT_NEAR(short_ones, 200, 4 * std::sqrt(200));
}

TEST(BernoulliGaps, ReachFromNeverToAlways) {
  for (const double p : {0.0, 0x1p-1074, 1e-300, 1e-40}) {
    for (const double gap : Gaps(p, 10'000)) EXPECT_EQ(gap, BernoulliGaps::kMost) << p;
  }
  for (const double gap : Gaps(1.0, 10'000)) EXPECT_EQ(gap, 0);
  for (const double gap : Gaps(std::nextafter(1.0, 0.0), 10'000)) EXPECT_LE(gap, 1);
}

TEST(BernoulliGaps, AreTheSameEverywhere) {
  RandomDraws draws(KeyOf(1), 2, 3);
  Points points(1);
  const auto gap = [&](double p) { return static_cast<double>(BernoulliGaps(p)(draws)); };
  EXPECT_EQ(BitsOf(100'000, gap, [&] { return points.Power(-60, 0); }), 0x9448135e6fbb7ff5);
}

}  // namespace
}  // namespace spiked::engine
