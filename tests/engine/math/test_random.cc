#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <vector>

#include "server/engine/math/random.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

using Block = std::array<uint32_t, 4>;

// Random123's known answers (kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, GivesThePublishedAnswers) {
  struct Case {
    Block counter;
    RandomKey key;
    Block answer;
  };
  const Case cases[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Case& c : cases) EXPECT_EQ(Philox(c.counter, c.key), c.answer);
}

TEST(KeyOf, KeepsAllBitsOfTheSeed) {
  EXPECT_EQ(KeyOf(0x123456789abcdef0), (RandomKey{0x9abcdef0, 0x12345678}));
}

TEST(DeriveKey, TellsStreamsAndNumbersApart) {
  std::set<std::pair<uint32_t, uint32_t>> keys;
  for (const RandomKey key : {KeyOf(0), KeyOf(1)}) {
    for (uint32_t stream = 0; stream < 4; ++stream) {
      for (const uint64_t number : {0ull, 1ull, 1ull << 32}) {
        const RandomKey derived = DeriveKey(key, stream, number);
        keys.insert({derived.low, derived.high});
      }
    }
  }
  EXPECT_EQ(keys.size(), 2u * 4 * 3);
}

TEST(StreamOf, TellsPurposesAndNumbersApart) {
  std::set<uint32_t> streams;
  for (const Purpose purpose : {Purpose::kKeys, Purpose::kParameters, Purpose::kWeights,
                                Purpose::kDelays, Purpose::kConnections, Purpose::kDevice}) {
    for (uint32_t number = 0; number < 10; ++number) streams.insert(StreamOf(purpose, number));
  }
  EXPECT_EQ(streams.size(), 60u);
}

TEST(RandomDraws, AreTheHalvesOfConsecutiveBlocks) {
  const RandomKey key = KeyOf(7);
  RandomDraws draws(key, 3, 5);
  for (uint32_t position = 0; position < 4; ++position) {
    const Block block = Philox({5, position, 0, 3}, key);
    EXPECT_EQ(draws(), block[0] | (uint64_t{block[1]} << 32));
    EXPECT_EQ(draws(), block[2] | (uint64_t{block[3]} << 32));
  }
}

TEST(RandomDraws, BeginAnywhere) {
  RandomDraws from_start(KeyOf(7), 3, 5), later(KeyOf(7), 3, 5, 10);
  for (int k = 0; k < 20; ++k) from_start();
  EXPECT_EQ(from_start(), later());
}

TEST(RandomDraws, UniformNumbersFillTheUnitInterval) {
  RandomDraws draws(KeyOf(1), 0, 0);
  std::vector<double> numbers;
  for (int k = 0; k < 100'000; ++k) {
    numbers.push_back(draws.Uniform());
    ASSERT_GE(numbers.back(), 0.0);
    ASSERT_LT(numbers.back(), 1.0);
  }
  const auto [mean, variance] = MomentsOf(numbers);
  EXPECT_NEAR(mean, 0.5, 4 * std::sqrt(1.0 / 12 / 1e5));
  EXPECT_NEAR(variance, 1.0 / 12, 0.001);
}

// Below a probability, as often as that says, and with all digits.
TEST(RandomDraws, FineUniformNumbersHaveAllDigitsWhenTheyAreSmall) {
  RandomDraws draws(KeyOf(1), 0, 0);
  std::vector<double> numbers, small;
  for (int k = 0; k < 2'000'000; ++k) {
    const double u = draws.FineUniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    numbers.push_back(u);
    if (u < 0x1p-11) small.push_back(u * 0x1p11);
  }
  for (const auto& [sample, expected] : {std::pair{numbers, 2e6}, {small, 2e6 / 2048}}) {
    const auto n = static_cast<double>(sample.size());
    EXPECT_NEAR(n, expected, 4 * std::sqrt(expected));
    EXPECT_NEAR(MomentsOf(sample).mean, 0.5, 4 * std::sqrt(1.0 / 12 / n));
    EXPECT_NEAR(MomentsOf(sample).variance, 1.0 / 12, 4 * std::sqrt(1.0 / 180 / n));
  }
  const auto is_odd = [](double u) { return std::bit_cast<uint64_t>(u) % 2 != 0; };
  const auto n = static_cast<double>(small.size());
  EXPECT_NEAR(std::ranges::count_if(small, is_odd), n / 2, 4 * std::sqrt(n / 4));
}

TEST(RandomDraws, BelowGivesEachNumberItsShare) {
  RandomDraws draws(KeyOf(1), 0, 1);
  std::vector<int> counts(7);
  for (int k = 0; k < 70'000; ++k) ++counts.at(draws.Below(7));
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 1e4) * (count - 1e4) / 1e4;
  EXPECT_LT(chi_squared, 22.46);  // 6 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace spiked::engine
