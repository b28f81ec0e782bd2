#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "server/engine/post_history.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr double kTau = 20.0;
void Everything(std::pmr::vector<PostHistory::Interval>* needs) { needs->push_back({-1, kNever}); }
void Nothing(std::pmr::vector<PostHistory::Interval>*) {}
const std::vector<double> kOne = {kTau}, kTwo = {kTau, kTau};

std::vector<Step> Stamps(std::span<const PostHistory::Entry> entries) {
  std::vector<Step> stamps;
  for (const auto& entry : entries) stamps.push_back(entry.stamp);
  return stamps;
}

// K- as the sum over all spikes that it stands for.
double SumOverSpikes(const std::vector<Step>& spikes, Step at) {
  double sum = 0;
  for (const Step spike : spikes) {
    if (spike < at) sum += std::exp(-0.1 * static_cast<double>(at - spike) / kTau);
  }
  return sum;
}

TEST(PostHistory, GivesTheSpikesOfANeuronInASpan) {
  PostHistory history(Grid(0.1), kTwo);
  for (const Step stamp : {10, 20, 30}) history.Append(0, stamp, Everything);
  history.Append(1, 25, Everything);
  EXPECT_EQ(Stamps(history.Between(0, 0, 100)), (std::vector<Step>{10, 20, 30}));
  EXPECT_EQ(Stamps(history.Between(0, 10, 20)), (std::vector<Step>{20}));
  EXPECT_EQ(Stamps(history.Between(0, 20, 29)), std::vector<Step>{});
  EXPECT_EQ(Stamps(history.Between(1, 0, 100)), (std::vector<Step>{25}));
}

TEST(PostHistory, TraceIsTheSumOfDecayedSpikesBefore) {
  std::mt19937_64 random(1);
  const auto spikes = RandomTrain(&random, 0, 3000, 0.05);
  PostHistory history(Grid(0.1), kOne);
  for (const Step spike : spikes) history.Append(0, spike, Everything);
  for (Step at = 0; at < 3500; at += 7) {
    EXPECT_NEAR(history.KMinus(0, at), SumOverSpikes(spikes, at), 1e-12);
  }
  EXPECT_EQ(history.KMinus(0, spikes.front()), 0.0) << "a spike does not count at its own time";
}

TEST(PostHistory, RecentSpikesAreForgottenByTime) {
  PostHistory history(Grid(0.1), kTwo);
  history.Append(0, 10, Everything);
  history.Append(1, 12, Everything);
  history.Append(0, 12, Everything);
  history.Append(0, 13, Everything);
  history.ForgetRecent(12);
  ASSERT_EQ(history.recent().size(), 1u);
  EXPECT_EQ(history.recent()[0].stamp, 13);
  EXPECT_EQ(history.recent()[0].neuron, 0u);
}

// A reader that needs (a, b] of the past and everything after `present`.
TEST(PostHistory, KeepsWhatReadersNeedAndNotMuchMore) {
  constexpr Step kLast = 200'000;
  Step present = 0;
  CountedMemory memory(std::pmr::get_default_resource());
  PostHistory history(Grid(0.1), kOne, &memory);
  const auto needs = [&](std::pmr::vector<PostHistory::Interval>* intervals) {
    intervals->push_back({present, kNever});
    intervals->push_back({1000, 1100});
    intervals->push_back({1050, 1200});
  };
  std::mt19937_64 random(2);
  const auto spikes = RandomTrain(&random, 0, kLast, 0.1);
  size_t most = 0;
  std::vector<Step> needed;
  for (const Step spike : spikes) {
    present = spike - 50;
    history.Append(0, spike, needs);
    history.ForgetRecent(present);
    if (spike > 1000 && spike <= 1200) needed.push_back(spike);
    if (spike > kLast / 2) {
      most = std::max(most, memory.bytes());
      // The trace needs the last spike before the span as well.
      ASSERT_NEAR(history.KMinus(0, present + 1), SumOverSpikes(spikes, present + 1), 1e-9);
      ASSERT_EQ(Stamps(history.Between(0, 1000, 1200)), needed);
    }
  }
  EXPECT_LT(most, 8192u);
}

TEST(PostHistory, WithoutReadersKeepsTheLastSpike) {
  CountedMemory memory(std::pmr::get_default_resource());
  PostHistory history(Grid(0.1), kOne, &memory);
  std::vector<Step> spikes;
  for (Step spike = 1; spike < 100'000; spike += 10) {
    history.Append(0, spike, Nothing);
    history.ForgetRecent(spike);
    spikes.push_back(spike);
  }
  EXPECT_NEAR(history.KMinus(0, 100'000), SumOverSpikes(spikes, 100'000), 1e-9);
  EXPECT_LT(memory.bytes(), 1024u);
}

}  // namespace
}  // namespace spiked::engine
