// The engine's reward-modulated STDP against its definition, written for one
// synapse and an episode.
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <random>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr double kEta = 0.7, kA = 36, kTau = 64, kSaturation = 128, kInitial = 10;

double Pair(Step span) { return kA * std::exp(-0.1 * static_cast<double>(span) / kTau); }

// The trace of an episode with these stamps.
double NaiveTrace(const std::vector<Step>& pre, const std::vector<Step>& post, bool causal_only,
                  double saturation) {
  double facilitation = 0, depression = 0;
  ptrdiff_t last = -1;
  for (const Step stamp : post) {
    const auto next = std::ranges::lower_bound(pre, stamp);
    const ptrdiff_t q = next - pre.begin();
    if (q == last) continue;
    last = q;
    if (q > 0) facilitation += Pair(stamp - pre[static_cast<size_t>(q - 1)]);
    if (!causal_only && next != pre.end()) depression += Pair(*next - stamp);
  }
  return std::min(facilitation - depression, saturation);
}

struct RewardCase {
  const char* name;
  bool causal_only = true;
  double pre_shift_ms = 0;
  double saturation = kSaturation;
  double delay_ms = 1.0;
  double pre_rate = 0.002, post_rate = 0.003;  // probability of a spike in a step
  Step episode = 2000;
};
void PrintTo(const RewardCase& c, std::ostream* os) { *os << c.name; }

class RewardTest : public ::testing::TestWithParam<RewardCase> {
 protected:
  static constexpr uint32_t kSources = 6, kTargets = 5;

  static NetworkSpec Spec() {
    const RewardCase& c = GetParam();
    NetworkSpec spec;
    spec.populations = {
        Population("sources", "spike_generator", kSources),
        Population("driver", "spike_generator", kTargets),
        Recorded(Population("targets", "iaf_psc_exp", kTargets)),
    };
    spec.projections = {
        Plastic(Projection("sources", "targets", kInitial, c.delay_ms), "rstdp_synapse",
                {{"eta", kEta},
                 {"A", kA},
                 {"tau", kTau},
                 {"saturation", c.saturation},
                 {"pre_shift", c.pre_shift_ms},
                 {"causal_only", c.causal_only ? 1.0 : 0.0}}),
        Projection("driver", "targets", 3000.0, 1.0, OneToOne{}),
    };
    return spec;
  }
};

TEST_P(RewardTest, FollowsItsDefinition) {
  const RewardCase& c = GetParam();
  Lab lab(Spec());
  std::mt19937_64 random(1);
  std::vector<double> expected(size_t{kSources} * kTargets, kInitial);
  const double rewards[] = {1.0, -0.4, 0.0, 0.7, 0.25};
  int saturated = 0;
  for (const double reward : rewards) {
    const Step begin = lab.simulation().now(), end = begin + c.episode;
    auto pre = RandomTrains(&random, kSources, begin, end, c.pre_rate);
    lab.Feed("sources", pre);
    lab.Feed("driver", RandomTrains(&random, kTargets, begin, end, c.post_rate));
    lab.RunTo(end);
    EXPECT_THAT(lab.network().ApplyReward(0, reward), IsOk());
    for (auto& train : pre) {
      for (Step& stamp : train) stamp += std::llround(c.pre_shift_ms / 0.1);
    }
    for (uint32_t target = 0; target < kTargets; ++target) {
      auto post = lab.Stamps("targets", target);
      std::erase_if(post, [&](Step stamp) { return stamp <= begin; });
      EXPECT_FALSE(post.empty());
      for (uint32_t source = 0; source < kSources; ++source) {
        const double trace = NaiveTrace(pre[source], post, c.causal_only, c.saturation);
        saturated += trace == c.saturation;
        expected[source * kTargets + target] += kEta * trace * reward;
      }
    }
    const auto weights = lab.Weights("sources-targets");
    for (size_t k = 0; k < weights.size(); ++k) {
      EXPECT_NEAR(weights[k], expected[k], 1e-9 * (1 + std::abs(expected[k]))) << k;
    }
  }
  EXPECT_EQ(saturated > 0, c.saturation < kSaturation);
}

// A bound on the trace would hide what is lost.
RewardCase Unbounded(RewardCase c) {
  c.saturation = 1e9;
  return c;
}

// An episode with more spikes than are listed (256 for each neuron, on average)
// before they are gathered.
RewardCase Long(RewardCase c) {
  c.episode = 80'000;
  c.pre_rate = c.post_rate = 0.01;
  return Unbounded(c);
}

// The same with a source that hardly fires.
RewardCase LongRare(RewardCase c) {
  c = Long(c);
  c.pre_rate = 0.0003;
  c.post_rate = 0.02;
  return c;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RewardTest,
    ::testing::Values(
        RewardCase{.name = "saturated", .saturation = 50}, Unbounded({.name = "causal"}),
        Unbounded({.name = "shifted_back", .pre_shift_ms = -1}),
        Unbounded({.name = "shifted_forward", .pre_shift_ms = 2.3}),
        Unbounded({.name = "acausal", .causal_only = false}),
        Unbounded({.name = "acausal_shifted", .causal_only = false, .pre_shift_ms = -3}),
        Unbounded({.name = "slow", .delay_ms = 50}), Long({.name = "long"}),
        Long({.name = "long_shifted_back", .pre_shift_ms = -5}),
        Long({.name = "long_shifted_forward", .pre_shift_ms = 5}),
        Long({.name = "long_acausal", .causal_only = false}),
        LongRare({.name = "long_with_rare_sources"}),
        LongRare({.name = "long_acausal_with_rare_sources", .causal_only = false})),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Reward, LeavesWeightsAloneUntilItComes) {
  NetworkSpec spec;
  spec.populations = {Population("source", "spike_generator"),
                      Recorded(Population("target", "iaf_psc_exp"))};
  spec.projections = {Plastic(Projection("source", "target", 3000.0), "rstdp_synapse")};
  Lab lab(spec);
  lab.Feed("source", {{10, 200, 400}});
  lab.RunTo(1000);
  EXPECT_FALSE(lab.Stamps("target").empty());
  EXPECT_EQ(lab.Weights("source-target"), std::vector<double>{3000.0});
  EXPECT_THAT(lab.network().ApplyReward(0, 0.0), IsOk());
  EXPECT_EQ(lab.Weights("source-target"), std::vector<double>{3000.0});
  // The episode is over: there is nothing left to reward.
  EXPECT_THAT(lab.network().ApplyReward(0, 1.0), IsOk());
  EXPECT_EQ(lab.Weights("source-target"), std::vector<double>{3000.0});
}

TEST(Reward, IsForProjectionsThatLearnFromIt) {
  NetworkSpec spec;
  spec.populations = {Population("source", "spike_generator"), Population("target", "iaf_psc_exp")};
  spec.projections = {Projection("source", "target"),
                      Named("b", Plastic(Projection("source", "target"), "rstdp_synapse"))};
  Lab lab(spec);
  EXPECT_THAT(lab.network().ApplyReward(0, 1.0),
              FailsWith(absl::StatusCode::kFailedPrecondition, "target"));
  EXPECT_THAT(lab.network().ApplyReward(1, std::nan("")), IsInvalid("value"));
  EXPECT_THAT(lab.network().ApplyReward(1, 1.0), IsOk());
}

}  // namespace
}  // namespace spiked::engine
