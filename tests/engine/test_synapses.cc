#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>
#include <vector>

#include "server/engine/crew.h"
#include "server/engine/synapses.h"
#include "server/engine/values.h"
#include "tests/engine/networks.h"
#include "tests/engine/team.h"

namespace spiked::engine {
namespace {

using ::testing::ElementsAre;

constexpr ConnectionShape kThreeByThree = {.sources = 3, .targets = 3};

absl::StatusOr<Synapses> Build(const ConnectionRule& rule, Value weight, Value delay_ms,
                               ConnectionShape shape = kThreeByThree, uint64_t seed = 1,
                               uint32_t number = 0) {
  return Synapses::Build(Projection("a", "b", std::move(weight), std::move(delay_ms), rule), shape,
                         Grid(0.1), KeyOf(seed), number);
}

TEST(Synapses, LieBySourceInOrderOfConnection) {
  const ExplicitPairs pairs = {{2, 0, 2, 0, 2}, {1, 2, 0, 1, 1}};
  auto s = Build(pairs, std::vector<double>{1, 2, 3, 4, 5}, 1.5).value();
  EXPECT_EQ(s.rows(), 3u);
  EXPECT_THAT(s.targets(), ElementsAre(2, 1, 1, 0, 1));
  EXPECT_THAT(s.weights(), ElementsAre(2, 4, 1, 3, 5));
  EXPECT_EQ(s.row_end(0), 2u);
  EXPECT_EQ(s.row_begin(1), s.row_end(1));
  EXPECT_TRUE(s.uniform_delay());
  EXPECT_EQ(s.delays().longest, 15);
}

TEST(Synapses, OfARowLieByDelayThenInOrderOfConnection) {
  const ExplicitPairs pairs = {{0, 0, 0, 0, 1}, {0, 1, 2, 0, 1}};
  auto s =
      Build(pairs, std::vector<double>{1, 2, 3, 4, 5}, std::vector<double>{2.0, 0.5, 2.0, 0.5, 7.0})
          .value();
  EXPECT_THAT(s.targets(), ElementsAre(1, 0, 0, 2, 1));
  EXPECT_THAT(s.weights(), ElementsAre(2, 4, 1, 3, 5));
  EXPECT_EQ(s.delays().shortest, 5);
  EXPECT_EQ(s.delays().longest, 70);
  const Step delays[] = {5, 5, 20, 20, 70};
  for (uint32_t k = 0; k < 5; ++k) EXPECT_EQ(s.DelayOf(k < 4 ? 0 : 1, k), delays[k]);
}

TEST(Synapses, AreVisitedOnceInRunsOfEqualDelay) {
  const ConnectionShape shape = {.sources = 20, .targets = 30};
  auto s = Build(FixedTotalNumber{500}, 1.0, Distribution{Uniform{0.1, 1.0}}, shape).value();
  for (uint32_t row = 0; row < s.rows(); ++row) {
    uint32_t next = s.row_begin(row);
    Step before = 0;
    s.ForEachDelay(row, 0, [&](uint32_t begin, uint32_t end, Step delay) {
      EXPECT_EQ(begin, next);
      EXPECT_GT(delay, before);
      for (uint32_t k = begin; k < end; ++k) EXPECT_EQ(s.DelayOf(row, k), delay);
      next = end;
      before = delay;
    });
    EXPECT_EQ(next, s.row_end(row));
  }
}

TEST(Synapses, OfARowLieByBlockOfTargetsThenByDelay) {
  const ExplicitPairs pairs = {{0, 0, 0, 0, 0, 1}, {4, 0, 3, 1, 4, 2}};
  auto spec = Projection("a", "b", std::vector<double>{1, 2, 3, 4, 5, 6},
                         std::vector<double>{2.0, 0.5, 1.0, 0.1, 1.0, 1.0}, pairs);
  auto s = Synapses::Build(spec, {.sources = 2, .targets = 5}, Grid(0.1), KeyOf(1), 0,
                           /*block_targets=*/2)
               .value();
  EXPECT_EQ(s.rows(), 2u);
  EXPECT_EQ(s.blocks(), 3u);
  EXPECT_THAT(s.targets(), ElementsAre(1, 0, 3, 4, 4, 2));
  EXPECT_THAT(s.weights(), ElementsAre(4, 2, 3, 5, 1, 6));
  EXPECT_EQ(s.row_end(0), 5u);
  std::vector<std::tuple<uint32_t, uint32_t, Step>> runs;
  const auto note = [&](uint32_t begin, uint32_t end, Step delay) {
    runs.emplace_back(begin, end, delay);
  };
  for (uint32_t block = 0; block < 3; ++block) s.ForEachDelay(0, block, note);
  EXPECT_EQ(runs, (std::vector<std::tuple<uint32_t, uint32_t, Step>>{
                      {0, 1, 1}, {1, 2, 5}, {2, 3, 10}, {3, 4, 10}, {4, 5, 20}}));
  EXPECT_EQ(s.DelayOf(0, 4), 20);
  EXPECT_EQ(s.BlockOf(4), 2u);
  EXPECT_EQ(s.BlockOf(5), 1u);
}

// Many enough to be sorted in many pieces: against sorting them all at once.
// Drawn numbers are those of the connection, however many threads there are.
TEST(Synapses, AreThoseOfTheRuleInOrder) {
  struct Case {
    const char* name;
    ConnectionRule rule;
    ConnectionShape shape;
    uint32_t block_targets;
  };
  const ConnectionShape square = {.sources = 350, .targets = 350, .same_population = true};
  std::mt19937_64 random(1);
  ExplicitPairs pairs;
  for (int k = 0; k < 70'000; ++k) {
    pairs.sources.push_back(random() % 30);  // uneven: few of the sources have all
    pairs.targets.push_back(random() % 350);
  }
  const Case cases[] = {
      {"one_to_one", OneToOne{}, {.sources = 70'000, .targets = 70'000}, 50'000},
      {"all_to_all", AllToAll{true}, square, Synapses::kOneBlock},
      {"fixed_indegree", FixedIndegree{150, true, true}, square, 100},
      {"fixed_outdegree", FixedOutdegree{300, true, true}, square, 70},
      {"pairwise_bernoulli", PairwiseBernoulli{0.5}, square, 300},
      {"fixed_total_number", FixedTotalNumber{80'000, true}, square, 64},
      {"explicit_pairs", pairs, square, 1000},
      {"one source", FixedTotalNumber{40'000}, {.sources = 1, .targets = 7}, 2},
  };
  const std::pair<Value, Value> values[] = {
      {2.5, 1.5},
      {Distribution{Normal{1, 1}, 0.5, 2}, 1.5},
      {2.5, Distribution{Normal{1.5, 0.75}, 0.1}},
      {Distribution{Lognormal{1, 1}}, Distribution{Uniform{0.1, 50'000}}},
  };
  const Team team(3);
  for (const Case& c : cases) {
    for (const auto& [weight, delay] : values) {
      SCOPED_TRACE(c.name);
      const auto key = KeyOf(7);
      const Sampler weights(weight, key, StreamOf(Purpose::kWeights, 3));
      const Sampler delays(delay, key, StreamOf(Purpose::kDelays, 3));
      using Synapse = std::tuple<uint32_t, uint32_t, Step, uint32_t, uint32_t, double>;
      std::vector<Synapse> expected;  // source, block, delay, number, target, weight
      ForEachConnection(c.rule, c.shape, key, StreamOf(Purpose::kConnections, 3),
                        [&](uint32_t source, uint32_t target) {
                          const auto k = static_cast<uint32_t>(expected.size());
                          expected.emplace_back(source, target / c.block_targets,
                                                std::llround(*delays(k) / 0.1), k, target,
                                                *weights(k));
                        });
      std::ranges::sort(expected);
      const auto spec = Projection("a", "b", weight, delay, c.rule);
      for (Crew* helpers : {static_cast<Crew*>(nullptr), static_cast<Crew*>(team)}) {
        auto s = Synapses::Build(spec, c.shape, Grid(0.1), key, 3, c.block_targets, helpers);
        ASSERT_THAT(s, IsOk());
        ASSERT_EQ(s->size(), expected.size());
        for (uint32_t row = 0; row < s->rows(); ++row) {
          for (uint32_t block = 0; block < s->blocks(); ++block) {
            s->ForEachDelay(row, block, [&](uint32_t begin, uint32_t end, Step steps) {
              for (uint32_t k = begin; k < end; ++k) {
                const auto number = std::get<3>(expected[k]);
                ASSERT_EQ(Synapse(row, block, steps, number, s->targets()[k], s->weight(k)),
                          expected[k]);
              }
            });
          }
        }
        ASSERT_EQ(s->row_end(s->rows() - 1), expected.size());
      }
    }
  }
}

TEST(Synapses, MayBeNone) {
  auto s = Build(PairwiseBernoulli{0.0}, Distribution{Normal{1, 1}}, Distribution{Uniform{1, 2}})
               .value();
  EXPECT_EQ(s.size(), 0u);
  EXPECT_EQ(s.rows(), 3u);
  s.ForEachDelay(0, 0, [](uint32_t begin, uint32_t end, Step) { EXPECT_EQ(begin, end); });
}

TEST(Synapses, RoundDrawnDelaysToTheGrid) {
  const ConnectionShape shape = {.sources = 100, .targets = 100};
  auto s = Build(AllToAll{}, 1.0, Distribution{Uniform{0.16, 0.44}}, shape).value();
  std::vector<uint32_t> counts(5);
  for (uint32_t row = 0; row < s.rows(); ++row) {
    for (uint32_t k = s.row_begin(row); k < s.row_end(row); ++k) ++counts.at(s.DelayOf(row, k));
  }
  EXPECT_EQ(counts[0] + counts[1], 0u);
  EXPECT_NEAR(counts[2], 1e4 * 9 / 28, 200);
  EXPECT_NEAR(counts[3], 1e4 * 10 / 28, 200);
  EXPECT_NEAR(counts[4], 1e4 * 9 / 28, 200);
}

TEST(Synapses, RefuseDelaysThatCannotBe) {
  EXPECT_THAT(Build(AllToAll{}, 1.0, Distribution{Normal{0, 1}}), IsInvalid("delay_ms"));
  EXPECT_THAT(Build(AllToAll{}, 1.0, Distribution{Uniform{1e6, 2e6}}), IsInvalid("delay_ms"));
  EXPECT_THAT(Build(AllToAll{}, 1.0, Distribution{Normal{0, 1}, 50, 60}), IsInvalid("delay_ms"));
  EXPECT_THAT(Build(AllToAll{}, Distribution{Normal{0, 1}, 50, 60}, 1.0), IsInvalid("weight"));
}

TEST(Synapses, DrawWeightsByConnectionSeedAndProjection) {
  const Value weight = Distribution{Normal{1586, 5}};
  const ConnectionShape shape = {.sources = 20, .targets = 20};
  const auto weights = [&](uint64_t seed, uint32_t number) {
    return Build(AllToAll{}, weight, 1.0, shape, seed, number).value().weights();
  };
  EXPECT_EQ(weights(1, 0), weights(1, 0));
  EXPECT_NE(weights(1, 0), weights(2, 0));
  EXPECT_NE(weights(1, 0), weights(1, 1));
  const auto [mean, variance] = MomentsOf(weights(1, 0));
  EXPECT_NEAR(mean, 1586, 4 * 5 / std::sqrt(400));
  EXPECT_NEAR(variance, 25, 4 * 25 * std::sqrt(2.0 / 400));
}

}  // namespace
}  // namespace spiked::engine
