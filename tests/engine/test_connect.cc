#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "server/engine/connect.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

using Pair = std::pair<uint32_t, uint32_t>;  // source, target
using Pairs = std::vector<Pair>;

constexpr ConnectionShape kSelf5 = {.sources = 5, .targets = 5, .same_population = true};
constexpr ConnectionShape kOther5 = {.sources = 5, .targets = 5, .same_population = false};

Pairs Connect(const ConnectionRule& rule, const ConnectionShape& shape, uint64_t seed = 1) {
  Pairs pairs;
  ForEachConnection(rule, shape, KeyOf(seed), StreamOf(Purpose::kConnections, 0),
                    [&](uint32_t source, uint32_t target) { pairs.emplace_back(source, target); });
  return pairs;
}

std::vector<uint32_t> CountSources(const Pairs& pairs, uint32_t size) {
  std::vector<uint32_t> counts(size);
  for (const auto& [source, target] : pairs) ++counts.at(source);
  return counts;
}
std::vector<uint32_t> CountTargets(const Pairs& pairs, uint32_t size) {
  std::vector<uint32_t> counts(size);
  for (const auto& [source, target] : pairs) ++counts.at(target);
  return counts;
}
bool HasAutapse(const Pairs& pairs) {
  return std::ranges::any_of(pairs, [](const Pair& p) { return p.first == p.second; });
}
bool HasMultapse(const Pairs& pairs) {
  return std::set<Pair>(pairs.begin(), pairs.end()).size() < pairs.size();
}

TEST(OneToOne, ConnectsEqualIndices) {
  EXPECT_EQ(Connect(OneToOne{}, {.sources = 3, .targets = 3}), (Pairs{{0, 0}, {1, 1}, {2, 2}}));
}

TEST(AllToAll, ConnectsSourceBySource) {
  EXPECT_EQ(Connect(AllToAll{}, {.sources = 2, .targets = 3}),
            (Pairs{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}));
}

TEST(AllToAll, LeavesOutAutapsesOnlyWithinAPopulation) {
  const auto self = Connect(AllToAll{.exclude_autapses = true}, kSelf5);
  EXPECT_EQ(self.size(), 20u);
  EXPECT_FALSE(HasAutapse(self));
  EXPECT_EQ(Connect(AllToAll{.exclude_autapses = true}, kOther5).size(), 25u);
}

TEST(ExplicitPairs, ConnectAsListed) {
  EXPECT_EQ(Connect(ExplicitPairs{{4, 0, 4}, {1, 2, 1}}, kSelf5), (Pairs{{4, 1}, {0, 2}, {4, 1}}));
}

TEST(FixedIndegree, GivesEveryTargetItsNumber) {
  const ConnectionShape shape = {.sources = 7, .targets = 50};
  const auto pairs = Connect(FixedIndegree{.indegree = 10}, shape);
  EXPECT_EQ(CountTargets(pairs, 50), std::vector<uint32_t>(50, 10));
  EXPECT_TRUE(HasMultapse(pairs));
}

TEST(FixedOutdegree, GivesEverySourceItsNumber) {
  const ConnectionShape shape = {.sources = 50, .targets = 7};
  const auto pairs = Connect(FixedOutdegree{.outdegree = 10}, shape);
  EXPECT_EQ(CountSources(pairs, 50), std::vector<uint32_t>(50, 10));
  EXPECT_TRUE(HasMultapse(pairs));
}

// For every degree that is possible, so also where those left out are drawn.
TEST(FixedDegrees, KeepToTheirExclusions) {
  for (uint32_t degree = 1; degree <= 5; ++degree) {
    for (const bool autapses : {false, true}) {
      SCOPED_TRACE(testing::Message() << degree << (autapses ? " with autapses" : ""));
      if (!autapses && degree == 5) continue;
      const auto in = Connect(FixedIndegree{degree, !autapses, true}, kSelf5);
      EXPECT_EQ(CountTargets(in, 5), std::vector<uint32_t>(5, degree));
      EXPECT_FALSE(HasMultapse(in));
      EXPECT_FALSE(!autapses && HasAutapse(in));
      const auto out = Connect(FixedOutdegree{degree, !autapses, true}, kSelf5);
      EXPECT_EQ(CountSources(out, 5), std::vector<uint32_t>(5, degree));
      EXPECT_FALSE(HasMultapse(out));
      EXPECT_FALSE(!autapses && HasAutapse(out));
    }
  }
}

TEST(FixedTotalNumber, ConnectsThatManyAndNoAutapsesIfExcluded) {
  const auto pairs = Connect(FixedTotalNumber{.connections = 1000}, kSelf5);
  EXPECT_EQ(pairs.size(), 1000u);
  EXPECT_TRUE(HasAutapse(pairs));
  const auto others = Connect(FixedTotalNumber{1000, /*exclude_autapses=*/true}, kSelf5);
  EXPECT_EQ(others.size(), 1000u);
  EXPECT_FALSE(HasAutapse(others));
}

TEST(PairwiseBernoulli, ReachesFromNoneToAll) {
  EXPECT_TRUE(Connect(PairwiseBernoulli{0.0}, kSelf5).empty());
  auto all = Connect(PairwiseBernoulli{1.0}, kSelf5);
  EXPECT_EQ(all.size(), 25u);
  EXPECT_FALSE(HasMultapse(all));
  EXPECT_EQ(Connect(PairwiseBernoulli{1.0, /*exclude_autapses=*/true}, kSelf5).size(), 20u);
  for (const double p : {1e-300, 1e-17, 1e-12}) {
    EXPECT_TRUE(Connect(PairwiseBernoulli{p}, kSelf5).empty()) << p;
  }
}

// A target each has a hundred million sources or four thousand million.
TEST(PairwiseBernoulli, FindsFewAmongVeryMany) {
  for (const auto& [p, sources] : {std::pair{1e-8, 100'000'000u}, {1e-12, 4'000'000'000u}}) {
    const ConnectionShape shape = {.sources = sources, .targets = 20'000};
    const double expected = p * sources * shape.targets;
    double connections = 0, sum = 0;
    ForEachConnection(PairwiseBernoulli{p}, shape, KeyOf(1), 0, [&](uint32_t source, uint32_t) {
      ++connections;
      sum += source;
    });
    EXPECT_NEAR(connections, expected, 4 * std::sqrt(expected)) << p;
    EXPECT_NEAR(sum / connections / sources, 0.5, 4 * std::sqrt(1.0 / 12 / expected)) << p;
  }
}

// Chi-squared over all pairs: every pair is as likely as any other.
TEST(RandomRules, TreatAllPairsAlike) {
  struct Case {
    const char* name;
    ConnectionRule rule;
    double probability;  // of a pair in one network, or its expected number
    double dispersion;   // variance / mean of a pair's number
    bool without_autapses;
  };
  const Case cases[] = {
      {"fixed_indegree", FixedIndegree{3}, 3 / 5., 1 - 1 / 5., false},
      {"fixed_indegree, no autapses", FixedIndegree{3, true}, 3 / 4., 1 - 1 / 4., true},
      {"fixed_indegree, distinct", FixedIndegree{2, true, true}, 2 / 4., 1 - 2 / 4., true},
      {"fixed_indegree, complement", FixedIndegree{3, true, true}, 3 / 4., 1 - 3 / 4., true},
      {"fixed_outdegree", FixedOutdegree{3}, 3 / 5., 1 - 1 / 5., false},
      {"fixed_outdegree, complement", FixedOutdegree{4, false, true}, 4 / 5., 1 - 4 / 5., false},
      {"fixed_total_number", FixedTotalNumber{10}, 10 / 25., 1 - 1 / 25., false},
      {"fixed_total_number, no autapses", FixedTotalNumber{10, true}, 10 / 20., 1 - 1 / 20., true},
      {"pairwise_bernoulli", PairwiseBernoulli{0.3}, 0.3, 0.7, false},
      {"pairwise_bernoulli, no autapses", PairwiseBernoulli{0.3, true}, 0.3, 0.7, true},
  };
  constexpr int kNetworks = 4000;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::map<Pair, int> counts;
    for (int seed = 0; seed < kNetworks; ++seed) {
      for (const Pair& pair : Connect(c.rule, kSelf5, static_cast<uint64_t>(seed))) ++counts[pair];
    }
    const double expected = kNetworks * c.probability;
    double sum = 0;
    for (uint32_t i = 0; i < 5; ++i) {
      for (uint32_t j = 0; j < 5; ++j) {
        if (c.without_autapses && i == j) {
          EXPECT_EQ((counts[{i, j}]), 0);
          continue;
        }
        const double deviation = counts[{i, j}] - expected;
        sum += deviation * deviation / (expected * c.dispersion);
      }
    }
    // At most 25 degrees of freedom; p = 0.0001 each.
    EXPECT_LT(sum, 58.0);
    EXPECT_GT(sum, 2.5);
  }
}

TEST(RandomRules, DependOnKeyAndStreamAlone) {
  const ConnectionRule rules[] = {FixedIndegree{3}, FixedIndegree{3, true, true}, FixedOutdegree{3},
                                  PairwiseBernoulli{0.5}, FixedTotalNumber{12}};
  for (const auto& rule : rules) {
    EXPECT_EQ(Connect(rule, kSelf5), Connect(rule, kSelf5));
    EXPECT_NE(Connect(rule, kSelf5), Connect(rule, kSelf5, 2));
  }
}

TEST(ExpectedConnections, IsTheNumberThatIsMade) {
  const ConnectionShape shape = {.sources = 40, .targets = 40, .same_population = true};
  const ConnectionRule rules[] = {OneToOne{},
                                  AllToAll{},
                                  AllToAll{true},
                                  FixedIndegree{6},
                                  FixedOutdegree{7, true, true},
                                  FixedTotalNumber{99},
                                  ExplicitPairs{{1, 2}, {3, 4}}};
  for (const auto& rule : rules) {
    EXPECT_EQ(ExpectedConnections(rule, shape), Connect(rule, shape).size());
  }
  EXPECT_EQ(ExpectedConnections(PairwiseBernoulli{0.25}, shape), 400u);
  EXPECT_EQ(ExpectedConnections(PairwiseBernoulli{0.25, true}, shape), 390u);
}

TEST(ExpectedConnections, CountsMoreThanFit) {
  const ConnectionShape huge = {.sources = UINT32_MAX, .targets = UINT32_MAX};
  EXPECT_EQ(ExpectedConnections(AllToAll{}, huge), uint64_t{UINT32_MAX} * UINT32_MAX);
  EXPECT_EQ(ExpectedConnections(FixedIndegree{UINT32_MAX}, huge),
            uint64_t{UINT32_MAX} * UINT32_MAX);
  EXPECT_GT(ExpectedConnections(PairwiseBernoulli{1.0}, huge), uint64_t{1} << 62);
}

TEST(CheckRule, AcceptsWhatIsPossible) {
  for (const ConnectionRule& rule : {
           ConnectionRule(OneToOne{}),
           ConnectionRule(AllToAll{}),
           ConnectionRule(FixedIndegree{5, false, true}),
           ConnectionRule(FixedIndegree{4, true, true}),
           ConnectionRule(FixedIndegree{100}),
           ConnectionRule(FixedOutdegree{5, false, true}),
           ConnectionRule(PairwiseBernoulli{0}),
           ConnectionRule(PairwiseBernoulli{1}),
           ConnectionRule(FixedTotalNumber{0}),
           ConnectionRule(ExplicitPairs{{4}, {4}}),
           ConnectionRule(ExplicitPairs{}),
       }) {
    EXPECT_THAT(CheckRule(rule, kSelf5), IsOk()) << rule.index();
  }
  EXPECT_THAT(CheckRule(FixedIndegree{5, true, true}, kOther5), IsOk());
}

TEST(CheckRule, NamesTheFieldThatIsWrong) {
  constexpr ConnectionShape kOne = {.sources = 1, .targets = 1, .same_population = true};
  struct Case {
    ConnectionRule rule;
    ConnectionShape shape;
    const char* field;
  };
  const Case cases[] = {
      {std::monostate{}, kSelf5, ""},
      {OneToOne{}, {.sources = 2, .targets = 3}, "one_to_one"},
      {FixedIndegree{6, false, true}, kSelf5, "fixed_indegree.indegree"},
      {FixedIndegree{5, true, true}, kSelf5, "fixed_indegree.indegree"},
      {FixedIndegree{1, true}, kOne, "fixed_indegree.indegree"},
      {FixedOutdegree{6, false, true}, kSelf5, "fixed_outdegree.outdegree"},
      {FixedOutdegree{1, true}, kOne, "fixed_outdegree.outdegree"},
      {PairwiseBernoulli{-0.1}, kSelf5, "pairwise_bernoulli.probability"},
      {PairwiseBernoulli{1.1}, kSelf5, "pairwise_bernoulli.probability"},
      {PairwiseBernoulli{std::nan("")}, kSelf5, "pairwise_bernoulli.probability"},
      {FixedTotalNumber{1, true}, kOne, "fixed_total_number"},
      {ExplicitPairs{{0, 1}, {0}}, kSelf5, "explicit_pairs.targets"},
      {ExplicitPairs{{0, 5}, {0, 1}}, kSelf5, "explicit_pairs.sources[1]"},
      {ExplicitPairs{{0, 1}, {5, 1}}, kSelf5, "explicit_pairs.targets[0]"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(&c - cases);
    EXPECT_THAT(CheckRule(c.rule, c.shape), IsInvalid(c.field));
  }
}

}  // namespace
}  // namespace spiked::engine
