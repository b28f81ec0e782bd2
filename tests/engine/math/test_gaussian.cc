#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "server/engine/math/gaussian.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

struct Pairs {
  std::vector<double> first, second;
  bool operator==(const Pairs&) const = default;
};

Pairs Draw(uint32_t first_index, uint64_t position, size_t n, uint64_t seed = 1) {
  Pairs pairs{std::vector<double>(n), std::vector<double>(n)};
  GaussianPairs(KeyOf(seed), StreamOf(Purpose::kDevice, 3), first_index, position, n,
                pairs.first.data(), pairs.second.data());
  return pairs;
}

TEST(GaussianPairs, FollowTheFormulaOfBoxAndMuller) {
  constexpr size_t kNumber = 10'000;
  const Pairs pairs = Draw(0, 9, kNumber);
  for (uint32_t k = 0; k < kNumber; ++k) {
    RandomDraws draws(KeyOf(1), StreamOf(Purpose::kDevice, 3), k, 9);
    const double radius = std::sqrt(-2 * std::log(1.0 - draws.Uniform()));
    const double angle = 2 * std::numbers::pi * draws.Uniform();
    EXPECT_NEAR(pairs.first[k], radius * std::cos(angle), 1e-14);
    EXPECT_NEAR(pairs.second[k], radius * std::sin(angle), 1e-14);
  }
}

TEST(GaussianPairs, AreTheSameBitsOnEveryInstructionSet) {
  const auto draw_all = [] {
    std::vector<Pairs> all;
    for (size_t n = 0; n < 20; ++n) all.push_back(Draw(static_cast<uint32_t>(n), n << 31, n));
    all.push_back(Draw(UINT32_MAX - 3, UINT64_MAX, 100'000));
    return all;
  };
  const auto best = draw_all();
  for (const std::string& name : InstructionSets()) {
    const InstructionSetScope scope(name);
    EXPECT_EQ(draw_all(), best) << name;
  }
}

TEST(GaussianPairs, BelongToTheirIndexHoweverManyAreDrawn) {
  const Pairs all = Draw(0, 4, 40);
  for (uint32_t first = 0; first < 20; ++first) {
    const Pairs some = Draw(first, 4, first + 1);
    for (uint32_t k = 0; k <= first; ++k) {
      EXPECT_EQ(some.first[k], all.first[first + k]);
      EXPECT_EQ(some.second[k], all.second[first + k]);
    }
  }
}

TEST(GaussianPairs, OfAListAreThoseOfItsIndices) {
  std::vector<uint32_t> indices = {UINT32_MAX, 0, 7, 7};
  for (uint32_t k = 0; k < 19; ++k) indices.push_back(k * 0x9E3779B9u);
  for (const std::string& name : InstructionSets()) {
    const InstructionSetScope scope(name);
    for (size_t n = 0; n <= indices.size(); ++n) {
      Pairs some{std::vector<double>(n), std::vector<double>(n)};
      GaussianPairs(KeyOf(1), StreamOf(Purpose::kDevice, 3), std::span(indices).first(n), 4,
                    some.first.data(), some.second.data());
      for (size_t k = 0; k < n; ++k) {
        const Pairs one = Draw(indices[k], 4, 1);
        EXPECT_EQ(some.first[k], one.first[0]) << name;
        EXPECT_EQ(some.second[k], one.second[0]) << name;
      }
    }
  }
}

TEST(GaussianPairs, DifferByPositionAndKey) {
  const Pairs here = Draw(0, 0, 8);
  EXPECT_NE(here, Draw(0, 1, 8));
  EXPECT_NE(here, Draw(0, uint64_t{1} << 32, 8));
  EXPECT_NE(here, Draw(0, 0, 8, 2));
}

TEST(GaussianPairs, AreStandardNormal) {
  constexpr size_t kNumber = 500'000;
  Pairs pairs = Draw(0, 0, kNumber);
  double correlation = 0;
  for (size_t k = 0; k < kNumber; ++k) correlation += pairs.first[k] * pairs.second[k];
  EXPECT_NEAR(correlation / kNumber, 0, 4 / std::sqrt(kNumber));

  std::vector<double> x = std::move(pairs.first);
  x.insert(x.end(), pairs.second.begin(), pairs.second.end());
  const double n = static_cast<double>(x.size());
  double moments[7] = {};
  for (const double value : x) {
    double power = 1;
    for (double& moment : moments) moment += power / n, power *= value;
  }
  // Standard errors of the moments: sqrt of 1, 2, 15, 96, 945, 10170 over n.
  EXPECT_NEAR(moments[1], 0, 4 * std::sqrt(1 / n));
  EXPECT_NEAR(moments[2], 1, 4 * std::sqrt(2 / n));
  EXPECT_NEAR(moments[3], 0, 4 * std::sqrt(15 / n));
  EXPECT_NEAR(moments[4], 3, 4 * std::sqrt(96 / n));
  EXPECT_NEAR(moments[5], 0, 4 * std::sqrt(945 / n));
  EXPECT_NEAR(moments[6], 15, 4 * std::sqrt(10170 / n));

  // Kolmogorov-Smirnov at p = 0.001, and the tails, where KS sees nothing.
  std::ranges::sort(x);
  const auto below = [](double z) { return 0.5 * std::erfc(-z * std::numbers::sqrt2 / 2); };
  double distance = 0;
  for (size_t k = 0; k < x.size(); ++k) {
    distance = std::max(distance, std::abs(below(x[k]) - static_cast<double>(k) / n));
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(n));
  for (const double z : {3.0, 4.0}) {
    const double expected = n * below(-z);
    const auto low = std::ranges::lower_bound(x, -z) - x.begin();
    const auto high = x.end() - std::ranges::upper_bound(x, z);
    EXPECT_NEAR(static_cast<double>(low), expected, 4 * std::sqrt(expected));
    EXPECT_NEAR(static_cast<double>(high), expected, 4 * std::sqrt(expected));
  }
}

}  // namespace
}  // namespace spiked::engine
