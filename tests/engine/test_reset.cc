// Forgetting activity.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "server/engine/pace.h"
#include "tests/engine/networks.h"
#include "tests/engine/random_network.h"

namespace spiked::engine {
namespace {

NetworkSpec EverythingAtRandom(uint64_t seed) {
  NetworkSpec spec = RandomNetwork(seed).spec;
  spec.populations.push_back(Population("background", "poisson_generator", 1, {{"rate", 800.0}}));
  spec.projections.push_back(Projection("background", "plain", 20.0));
  return spec;
}

void Feed(Lab* lab, Step after) {
  std::mt19937_64 random(3);
  lab->Feed("generators", RandomTrains(&random, 4, after, after + 2000, 0.02));
}

std::vector<std::vector<double>> Signals(const Lab& lab) {
  std::vector<std::vector<double>> all;
  for (int k = 0; k < 5; ++k) {
    all.push_back(const_cast<Lab&>(lab).network().Signals(k, -1, kNever).Values(0));
  }
  return all;
}

std::vector<std::vector<double>> Weights(const Lab& lab) {
  std::vector<std::vector<double>> all;
  for (const auto& p : const_cast<Lab&>(lab).network().projections()) {
    all.push_back(lab.Weights(p.name));
  }
  return all;
}

class Reset : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Reset, ToTime0WithInitialWeightsIsTheBeginning) {
  Lab lab(EverythingAtRandom(GetParam()));
  Feed(&lab, 0);
  lab.RunTo(900);
  const auto signals = Signals(lab), weights = Weights(lab);
  Feed(&lab, 900);  // and inputs to come
  lab.RunTo(1203);
  ASSERT_THAT(lab.simulation().Reset(/*to_time_0=*/true, /*initial_weights=*/true), IsOk());
  EXPECT_EQ(lab.simulation().now(), 0);
  EXPECT_EQ(lab.Stamps("generators"), std::vector<Step>());
  Feed(&lab, 0);
  lab.RunTo(900);
  EXPECT_EQ(Signals(lab), signals);
  EXPECT_EQ(Weights(lab), weights);
}

TEST_P(Reset, KeepsWeightsAndParameters) {
  Lab lab(EverythingAtRandom(GetParam())), twin(EverythingAtRandom(GetParam()));
  Feed(&lab, 0);
  lab.RunTo(903);
  EXPECT_THAT(lab.network().SetParameters(lab.Population("plain"), {{"I_e", 410.0}}), IsOk());
  const auto weights = Weights(lab);
  ASSERT_THAT(lab.simulation().Reset(/*to_time_0=*/true, /*initial_weights=*/false), IsOk());
  EXPECT_EQ(Weights(lab), weights);
  // As one that has never run but has them from the beginning.
  EXPECT_THAT(twin.network().SetParameters(twin.Population("plain"), {{"I_e", 410.0}}), IsOk());
  for (size_t k = 0; k < weights.size(); ++k) {
    EXPECT_THAT(twin.network().SetWeights(static_cast<int>(k), weights[k]), IsOk());
  }
  for (Lab* one : {&lab, &twin}) {
    Feed(one, 0);
    one->RunTo(900);
  }
  EXPECT_EQ(Signals(lab), Signals(twin));
  EXPECT_EQ(Weights(lab), Weights(twin));
}

TEST_P(Reset, ThatIsStoppedChangesNothing) {
  Lab lab(EverythingAtRandom(GetParam()));
  ASSERT_THAT(lab.simulation().AddNetwork("second", EverythingAtRandom(GetParam() + 100)), IsOk());
  Feed(&lab, 0);
  lab.RunTo(333);
  const std::string before = SavedBytes(lab.simulation());
  int stops = 0;
  for (int number = 1;; ++number, ++stops) {
    int asks = 0;
    Pace pace([&] { return ++asks == number; }, /*work_between_asks=*/100);
    const absl::Status status = lab.simulation().Reset(true, true, nullptr, &pace);
    if (!pace.stopped()) break;
    ASSERT_EQ(status.code(), absl::StatusCode::kCancelled);
    ASSERT_TRUE(SavedBytes(lab.simulation()) == before) << number;
  }
  EXPECT_GT(stops, 10);
  EXPECT_EQ(lab.simulation().now(), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Reset, ::testing::Range<uint64_t>(1, 9));

TEST(Reset, ThatKeepsTimeDrawsOtherNumbers) {
  NetworkSpec spec;
  spec.populations = {Population("noise", "noise_generator", 1, {{"std", 100.0}}),
                      Population("background", "poisson_generator", 1, {{"rate", 8000.0}}),
                      Recorded(Population("a", "iaf_psc_exp", 1))};
  spec.projections = {Projection("noise", "a"), Projection("background", "a", 50.0)};
  spec.multimeters = {Multimeter("a", 0.1)};
  Lab lab(spec);
  lab.RunTo(100);
  const auto first = lab.Signal();
  ASSERT_THAT(lab.simulation().Reset(/*to_time_0=*/false, /*initial_weights=*/false), IsOk());
  EXPECT_EQ(lab.simulation().now(), 100);
  EXPECT_TRUE(lab.Signal().empty());
  lab.RunTo(200);
  ASSERT_EQ(lab.Signal().size(), first.size());
  EXPECT_NE(lab.Signal(), first);
}

}  // namespace
}  // namespace spiked::engine
