// Against values printed in tables of the distributions.
#include "tests/statistics/hypothesis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace spiked::testing {
namespace {

TEST(ChiSquareTailTest, AgreesWithTables) {
  EXPECT_NEAR(ChiSquareTail(3.841459, 1), 0.05, 1e-7);
  EXPECT_NEAR(ChiSquareTail(18.307038, 10), 0.05, 1e-7);
  EXPECT_NEAR(ChiSquareTail(29.588298, 10), 0.001, 1e-8);
  EXPECT_NEAR(ChiSquareTail(10, 2), std::exp(-5), 1e-14);
  EXPECT_EQ(ChiSquareTail(0, 3), 1.0);
}

TEST(StudentTailsTest, AgreesWithTables) {
  EXPECT_NEAR(StudentTails(12.706205, 1), 0.05, 1e-7);
  EXPECT_NEAR(StudentTails(-2.228139, 10), 0.05, 1e-7);
  EXPECT_NEAR(StudentTails(4.586894, 10), 0.001, 1e-8);
  EXPECT_NEAR(StudentTails(1.959964, 1e7), 0.05, 1e-6) << "the normal distribution";
  EXPECT_EQ(StudentTails(0, 5), 1.0);
}

TEST(SampleTest, KnowsItsMoments) {
  const std::vector<double> numbers = {1, 2, 3, 4, 10};
  const Sample sample = SampleOf(numbers);
  EXPECT_DOUBLE_EQ(sample.mean, 4);
  EXPECT_DOUBLE_EQ(sample.sd, std::sqrt(12.5));
  EXPECT_DOUBLE_EQ(sample.standard_error(), std::sqrt(2.5));
  EXPECT_DOUBLE_EQ(Kurtosis(numbers), (81 + 16 + 1 + 0 + 1296) * 5 / 2500.0);
}

// The example of equal size and spread, in which Welch's test is Student's.
TEST(WelchPTest, IsStudentsForEqualSpread) {
  const Sample a = {.mean = 10, .sd = 2, .n = 8}, b = {.mean = 12, .sd = 2, .n = 8};
  EXPECT_NEAR(WelchP(a, b), StudentTails(2.0, 14), 1e-14);
  EXPECT_NEAR(WelchP({.mean = 10, .sd = 0, .n = 3}, b), StudentTails(2 / std::sqrt(0.5), 7), 1e-14)
      << "a number known for sure";
}

TEST(EqualSpreadPTest, IsOneForEqualAndTinyForUnequalSpread) {
  const Sample a = {.mean = 0, .sd = 2, .n = 1000}, wider = {.mean = 0, .sd = 2.4, .n = 1000};
  EXPECT_EQ(EqualSpreadP(a, a, 3), 1.0);
  EXPECT_LT(EqualSpreadP(a, wider, 3), 1e-7);
  EXPECT_GT(EqualSpreadP(a, wider, 100), 0.1);
}

TEST(SameHistogramPTest, TellsHistogramsApart) {
  // Chi-square 100/15 by hand: 30 of 40 against 50 of 120 expected 20, 60.
  EXPECT_NEAR(SameHistogramP(std::vector<uint64_t>{30, 10}, std::vector<uint64_t>{50, 70}),
              ChiSquareTail(100 / 20.0 + 100 / 20.0 + 100 / 60.0 + 100 / 60.0, 1), 1e-14);
  EXPECT_NEAR(SameHistogramP(std::vector<uint64_t>{30, 10}, std::vector<uint64_t>{90, 30}), 1.0,
              1e-14);
}

TEST(SameHistogramPTest, TakesRareBinsTogether) {
  const std::vector<uint64_t> a = {40, 30, 2, 1}, b = {40, 20, 6, 1, 2};
  EXPECT_EQ(SameHistogramP(a, b),
            SameHistogramP(std::vector<uint64_t>{40, 30, 3}, std::vector<uint64_t>{40, 20, 9}));
}

TEST(NormalPTest, TellsANormalDistributionFromAnother) {
  std::vector<double> off(100);
  for (size_t k = 0; k < off.size(); ++k) off[k] = k < 50 ? -10.0 : 10.0;
  EXPECT_LT(NormalP(off, 0, 1), 1e-20);
  std::mt19937_64 random(1);
  std::normal_distribution<double> draw(3, 2);
  std::vector<double> fits(10000);
  for (double& x : fits) x = draw(random);
  EXPECT_GT(NormalP(fits, 3, 2), 0.01);
  EXPECT_LT(NormalP(fits, 3.2, 2), 1e-6);
  EXPECT_LT(NormalP(fits, 3, 2.2), 1e-3);
}

// Samples of one distribution have p-values that are uniform.
TEST(PValueTest, RarelyAccusesTheInnocent) {
  std::mt19937_64 random(1);
  std::exponential_distribution<double> draw;
  int mean_accused = 0, spread_accused = 0, histogram_accused = 0;
  for (int k = 0; k < 1000; ++k) {
    std::vector<double> samples[2];
    std::vector<uint64_t> histograms[2] = {std::vector<uint64_t>(20), std::vector<uint64_t>(20)};
    for (int s = 0; s < 2; ++s) {
      for (int i = 0; i < 300; ++i) {
        samples[s].push_back(draw(random));
        ++histograms[s][std::min<size_t>(19, static_cast<size_t>(samples[s].back() * 4))];
      }
    }
    const Sample a = SampleOf(samples[0]), b = SampleOf(samples[1]);
    mean_accused += WelchP(a, b) < 0.05;
    spread_accused += EqualSpreadP(a, b, 9.0) < 0.05;
    histogram_accused += SameHistogramP(histograms[0], histograms[1]) < 0.05;
  }
  EXPECT_NEAR(mean_accused, 50, 25);
  EXPECT_NEAR(spread_accused, 50, 25);
  EXPECT_NEAR(histogram_accused, 50, 25);
}

}  // namespace
}  // namespace spiked::testing
