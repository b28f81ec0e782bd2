#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "server/engine/math/poisson.h"
#include "tests/engine/math/accuracy.h"
#include "tests/engine/networks.h"
#include "tests/statistics/hypothesis.h"

namespace spiked::engine {
namespace {

constexpr int kNumber = 200'000;

std::vector<double> Draw(double mean, int n = kNumber) {
  const PoissonNumbers number(mean);
  RandomDraws draws(KeyOf(1), 2, 3);
  std::vector<double> numbers;
  for (int k = 0; k < n; ++k) numbers.push_back(static_cast<double>(number(draws)));
  return numbers;
}

// Both sides of where the method changes, and where the formula for k! does.
TEST(PoissonNumbers, FollowTheirDistribution) {
  for (const double mean : {0.01, 0.3, 1.0, 2.0, 5.5, 11.99, 12.0, 12.01, 13.0, 25.0, 100.0}) {
    SCOPED_TRACE(mean);
    std::map<double, int> counts;
    for (const double number : Draw(mean)) ++counts[number];
    double chi_squared = 0, degrees = 0, expected_so_far = 0;
    int so_far = 0;
    for (double k = 0; k < mean + 20 * std::sqrt(mean) + 20; ++k) {
      const double expected = kNumber * std::exp(k * std::log(mean) - mean - std::lgamma(k + 1));
      if (expected < 10) continue;
      const double deviation = counts[k] - expected;
      chi_squared += deviation * deviation / expected;
      expected_so_far += expected;
      so_far += counts[k];
      ++degrees;
    }
    EXPECT_GT(testing::ChiSquareTail(chi_squared, degrees), 1e-4);
    const double rest = kNumber - expected_so_far;
    EXPECT_NEAR(kNumber - so_far, rest, 4 * std::sqrt(rest) + 1) << "all others";
  }
}

TEST(PoissonNumbers, HaveMeanAndVarianceAlike) {
  for (const double mean : {1e-3, 0.7, 7.0, 12.5, 40.0, 1e3, 1e6, 1e9, 1e12}) {
    SCOPED_TRACE(mean);
    const auto [average, variance] = MomentsOf(Draw(mean));
    EXPECT_NEAR(average, mean, 4 * std::sqrt(mean / kNumber));
    EXPECT_NEAR(variance, mean, 4 * std::sqrt((mean + 2 * mean * mean) / kNumber));
  }
}

// Normal for a large mean, apart from a skewness that does not show here.
TEST(PoissonNumbers, OfLargeMeansAreNormal) {
  for (const double mean : {1e7, 1e10}) {
    std::vector<double> numbers = Draw(mean);
    EXPECT_GT(testing::NormalP(numbers, mean - 0.5, std::sqrt(mean)), 1e-3) << mean;
  }
}

TEST(PoissonNumbers, OfTinyMeansAreAsRareAsThey) {
  const auto [average, variance] = MomentsOf(Draw(1e-4, 2'000'000));
  EXPECT_NEAR(average, 1e-4, 4 * std::sqrt(1e-4 / 2e6));
  for (const double mean : {0.0, 1e-300, 1e-30, 1e-12}) {
    for (const double number : Draw(mean)) EXPECT_EQ(number, 0) << mean;
  }
}

TEST(PoissonNumbers, OfManyIndicesAreThoseOfEach) {
  for (const std::string& instruction_set : InstructionSets()) {
    const InstructionSetScope scope(instruction_set);
    for (const double mean : {0.0, 0.2, 1.8, 12.0}) {
      const PoissonNumbers number(mean);
      ASSERT_TRUE(number.draws_once());
      for (size_t n = 0; n < 60; ++n) {
        SCOPED_TRACE(::testing::Message() << instruction_set << ", " << n << " of mean " << mean);
        // Where the words of the counter overflow, too.
        const auto index = UINT32_MAX - static_cast<uint32_t>(n / 2);
        const uint64_t position = (uint64_t{7} << 32) - n / 2;
        constexpr uint64_t kUntouched = 12345;
        std::vector<uint64_t> first(61, kUntouched), second(61, kUntouched);
        number.OfIndices(KeyOf(1), 2, index, position, n, first.data(), second.data());
        for (size_t i = 0; i < n; ++i) {
          RandomDraws draws(KeyOf(1), 2, static_cast<uint32_t>(index + i), position);
          EXPECT_EQ(first[i], number(draws));
          EXPECT_EQ(second[i], number(draws));
        }
        EXPECT_EQ(first[n], kUntouched);
        number.OfPositions(KeyOf(1), 2, index, position, n, first.data(), second.data());
        for (size_t i = 0; i < n; ++i) {
          RandomDraws draws(KeyOf(1), 2, index, position + i);
          EXPECT_EQ(first[i], number(draws));
          EXPECT_EQ(second[i], number(draws));
        }
        EXPECT_EQ(second[n], kUntouched);
      }
    }
  }
}

TEST(PoissonNumbers, AreTheSameEverywhere) {
  RandomDraws draws(KeyOf(1), 2, 3);
  Points points(1);
  const auto number = [&](double mean) { return static_cast<double>(PoissonNumbers(mean)(draws)); };
  EXPECT_EQ(BitsOf(100'000, number, [&] { return points.Power(-10, 40); }), 0x4b87f3dacd649a65);
}

}  // namespace
}  // namespace spiked::engine
