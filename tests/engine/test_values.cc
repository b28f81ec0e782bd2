#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "server/engine/values.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(CheckValue, AcceptsWhatIsWellFormed) {
  EXPECT_THAT(CheckValue(1.5, 3, "x"), IsOk());
  EXPECT_THAT(CheckValue(std::vector<double>{1, 2, 3}, 3, "x"), IsOk());
  EXPECT_THAT(CheckValue(std::vector<double>{}, 0, "x"), IsOk());
  EXPECT_THAT(CheckValue(Distribution{Normal{1, 0}}, 3, "x"), IsOk());
  EXPECT_THAT(CheckValue(Distribution{Uniform{2, 2}, 2, 2}, 3, "x"), IsOk());
  EXPECT_THAT(CheckValue(kInf, 3, "x", /*allow_infinity=*/true), IsOk());
}

TEST(CheckValue, NamesWhatIsNot) {
  struct Case {
    Value value;
    const char* field;
  };
  const Case cases[] = {
      {kNan, "x"},
      {kInf, "x"},
      {-kInf, "x"},
      {std::vector<double>{1, 2}, "x"},
      {std::vector<double>{}, "x"},
      {std::vector<double>{1, kNan, 3}, "x.list.values[1]"},
      {std::vector<double>{1, 2, kInf}, "x.list.values[2]"},
      {Distribution{Normal{0, -1}}, "x.distribution.normal.std"},
      {Distribution{Normal{kNan, 1}}, "x.distribution.normal.mean"},
      {Distribution{Normal{0, kInf}}, "x.distribution.normal.std"},
      {Distribution{Lognormal{0, -1}}, "x.distribution.lognormal.std"},
      {Distribution{Lognormal{kInf, 1}}, "x.distribution.lognormal.mean"},
      {Distribution{Lognormal{0, kNan}}, "x.distribution.lognormal.std"},
      {Distribution{Uniform{1, 0}}, "x.distribution.uniform.high"},
      {Distribution{Uniform{-kInf, 0}}, "x.distribution.uniform.low"},
      {Distribution{Uniform{0, kNan}}, "x.distribution.uniform.high"},
      {Distribution{Normal{0, 1}, 2, 1}, "x.distribution.minimum"},
      {Distribution{Normal{0, 1}, kNan, 1}, "x.distribution.minimum"},
      {Distribution{Normal{0, 1}, 0, kNan}, "x.distribution.maximum"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(&c - cases);
    EXPECT_THAT(CheckValue(c.value, 3, "x"), IsInvalid(c.field));
  }
  EXPECT_THAT(CheckValue(kNan, 3, "x", /*allow_infinity=*/true), IsInvalid("x"));
}

std::vector<double> Sample(const Value& value, size_t n, uint64_t seed = 1) {
  const Sampler sampler(value, KeyOf(seed), StreamOf(Purpose::kWeights, 0));
  std::vector<double> numbers;
  for (uint32_t k = 0; k < n; ++k) numbers.push_back(sampler(k).value());
  return numbers;
}

TEST(Sampler, GivesNumbersAndListsAsTheyAre) {
  EXPECT_EQ(Sample(2.5, 3), (std::vector<double>{2.5, 2.5, 2.5}));
  EXPECT_EQ(Sample(std::vector<double>{3, 1, 2}, 3), (std::vector<double>{3, 1, 2}));
}

TEST(Sampler, DrawsEachEntryWhateverTheOrder) {
  const Value value = Distribution{Normal{0, 1}, -0.5, 0.5};
  const auto ascending = Sample(value, 50);
  const Sampler sampler(value, KeyOf(1), StreamOf(Purpose::kWeights, 0));
  for (uint32_t k = 50; k-- > 0;) EXPECT_EQ(sampler(k).value(), ascending[k]);
  EXPECT_NE(Sample(value, 50, 2), ascending);
}

// The initial weights of the pong networks, among others.
TEST(Sampler, FollowsTheDistribution) {
  constexpr size_t kNumber = 40'000;
  struct Case {
    Distribution distribution;
    double mean, variance;
  };
  const double inside = 0.6826894921370859;  // of a normal distribution within one std
  const Case cases[] = {
      {{Normal{1586, 5}}, 1586, 25},
      {{Normal{1275, 8}}, 1275, 64},
      {{Normal{3, 0}}, 3, 0},
      {{Uniform{-2, 4}}, 1, 3},
      {{Lognormal{0.5, 0.4}}, std::exp(0.5 + 0.08), (std::exp(0.16) - 1) * std::exp(1.16)},
      // A normal distribution cut at one std has variance 1 - 2 phi(1) / P.
      {{Normal{0, 1}, -1, 1}, 0, 1 - 2 * 0.24197072451914337 / inside},
      {{Uniform{0, 1}, 0.9, kInf}, 0.95, 0.01 / 12},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(&c - cases);
    const auto numbers = Sample(c.distribution, kNumber);
    const auto [mean, variance] = MomentsOf(numbers);
    EXPECT_NEAR(mean, c.mean, 4 * std::sqrt(c.variance / kNumber) + 1e-12);
    EXPECT_NEAR(variance, c.variance, 0.05 * c.variance + 1e-12);
    EXPECT_GE(*std::ranges::min_element(numbers), c.distribution.minimum);
    EXPECT_LE(*std::ranges::max_element(numbers), c.distribution.maximum);
  }
}

TEST(Sampler, DrawsFromTheWidestInterval) {
  std::vector<double> numbers = Sample(Distribution{Uniform{-1.7e308, 1.7e308}}, 10'000);
  for (double& x : numbers) x /= 1.7e308;
  const auto [mean, variance] = MomentsOf(numbers);
  EXPECT_NEAR(mean, 0, 4 * std::sqrt(1 / 3. / 10'000));
  EXPECT_NEAR(variance, 1 / 3., 0.02);
}

TEST(Sampler, GivesUpWhereBoundsLeaveNoChance) {
  const Value far = Distribution{Normal{0, 1}, 100, 101};
  EXPECT_EQ(Sampler(far, KeyOf(1), 0)(0).status().code(), absl::StatusCode::kOutOfRange);
  const Value infinite = Distribution{Lognormal{1e6, 1}};
  EXPECT_EQ(Sampler(infinite, KeyOf(1), 0)(0).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace spiked::engine
