// The engine's dopaminergic STDP against the naive synapse, over random trains.
#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/naive_dopamine.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr uint32_t kSources = 4, kTargets = 5;
constexpr Step kUntil = 12'000;

// A projection from `sources` to `targets`, and its transmitter with dopamine
// neurons of its own.
struct Learner {
  DopamineParameters parameters;
  double weight = 100;
  std::vector<Step> delays;  // of the synapses, one for all or one each
  Step deliver_interval = 1;
  double dopamine_rate = 0.005;  // probability of a spike in a step
};

struct DopamineCase {
  const char* name;
  std::vector<Learner> learners;
  Step slice = 10;  // delay of the drivers, and so the shortest
  double rate = 0.003;
};
void PrintTo(const DopamineCase& c, std::ostream* os) { *os << c.name; }

Parameters ParametersOf(const DopamineParameters& p) {
  return {{"A_plus", p.A_plus}, {"A_minus", p.A_minus}, {"tau_plus", p.tau_plus},
          {"tau_c", p.tau_c},   {"tau_n", p.tau_n},     {"b", p.b},
          {"Wmin", p.Wmin},     {"Wmax", p.Wmax}};
}

double Ms(Step steps) { return 0.1 * static_cast<double>(steps); }

NetworkSpec SpecOf(const DopamineCase& c) {
  NetworkSpec spec;
  spec.populations = {
      Population("sources", "spike_generator", kSources),
      Population("driver", "spike_generator", kTargets),
      Recorded(Population("targets", "iaf_psc_exp", kTargets,
                          {{"tau_minus", c.learners[0].parameters.tau_minus}})),
  };
  spec.projections = {Projection("driver", "targets", 3000.0, Ms(c.slice), OneToOne{})};
  for (size_t k = 0; k < c.learners.size(); ++k) {
    const Learner& learner = c.learners[k];
    const std::string number = std::to_string(k);
    spec.populations.push_back(Population("dopa" + number, "spike_generator", 2));
    spec.populations.push_back(
        Population("transmitter" + number, "volume_transmitter", 1,
                   {{"deliver_interval", static_cast<double>(learner.deliver_interval)}}));
    spec.projections.push_back(
        Projection("dopa" + number, "transmitter" + number, 1.0, Ms(2 * c.slice)));
    std::vector<double> delays_ms;
    for (const Step delay : learner.delays) delays_ms.push_back(Ms(delay));
    spec.projections.push_back(
        Plastic(Named("learner" + number,
                      Projection("sources", "targets", learner.weight,
                                 delays_ms.size() == 1 ? Value(delays_ms[0]) : Value(delays_ms))),
                "stdp_dopamine_synapse", ParametersOf(learner.parameters), "transmitter" + number));
  }
  return spec;
}

class DopamineTest : public ::testing::TestWithParam<DopamineCase> {};

TEST_P(DopamineTest, FollowsItsEquations) {
  const DopamineCase& c = GetParam();
  std::mt19937_64 random(1);
  const auto pre = RandomTrains(&random, kSources, 0, kUntil, c.rate);
  const auto driver = RandomTrains(&random, kTargets, 0, kUntil, c.rate);
  std::vector<std::vector<std::vector<Step>>> dopamine;
  for (const Learner& learner : c.learners) {
    dopamine.push_back(RandomTrains(&random, 2, 0, kUntil, learner.dopamine_rate));
  }
  Lab lab(SpecOf(c));
  lab.Feed("sources", pre);
  lab.Feed("driver", driver);
  for (size_t k = 0; k < dopamine.size(); ++k) {
    lab.Feed("dopa" + std::to_string(k), dopamine[k]);
  }

  // Where all transmitters deliver, w, c and n are those of now.
  constexpr Step kCheckpoints = 10;
  const Step span = kUntil / kCheckpoints;
  std::vector<std::vector<double>> w, ci, n;
  for (Step at = span; at <= kUntil; at += span) {
    lab.RunTo(at);
    for (size_t k = 0; k < c.learners.size(); ++k) {
      const std::string name = "learner" + std::to_string(k);
      w.push_back(lab.Weights(name));
      ci.push_back(lab.Variable(name, "c"));
      n.push_back(lab.Variable(name, "n"));
    }
  }
  for (size_t k = 0; k < c.learners.size(); ++k) {
    const Learner& learner = c.learners[k];
    const auto synapses =
        ReadSynapses(lab.network(), lab.Projection("learner" + std::to_string(k)));
    for (size_t s = 0; s < synapses.weights.size(); ++s) {
      const uint32_t source = synapses.sources[s], target = synapses.targets[s];
      NaiveDopamineSynapse::Events events = {
          .pre = pre[source], .post = lab.Stamps("targets", target), .dopamine = {}};
      EXPECT_GT(events.post.size(), 5u);
      for (const auto& train : dopamine[k]) {
        for (const Step stamp : train) events.dopamine.push_back(stamp + 2 * c.slice);
      }
      std::ranges::sort(events.dopamine);
      NaiveDopamineSynapse naive(
          learner.parameters, learner.weight,
          learner.delays[learner.delays.size() == 1 ? 0 : source * kTargets + target], c.slice,
          learner.deliver_interval, events);
      for (size_t at = 0; at < kCheckpoints; ++at) {
        naive.AdvanceTo(span * static_cast<Step>(at + 1));
        const size_t row = at * c.learners.size() + k;
        const std::string where = "learner " + std::to_string(k) + ", synapse " +
                                  std::to_string(s) + ", checkpoint " + std::to_string(at);
        EXPECT_NEAR(w[row][s], naive.w(), 1e-9 * (1 + std::abs(naive.w()))) << where;
        EXPECT_NEAR(ci[row][s], naive.c(), 1e-9 * (1 + std::abs(naive.c()))) << where;
        EXPECT_NEAR(n[row][s], naive.n(), 1e-9 * (1 + std::abs(naive.n()))) << where;
      }
    }
  }
}

std::vector<Step> MixedDelays() {
  std::vector<Step> delays;
  for (uint32_t k = 0; k < kSources * kTargets; ++k) {
    delays.push_back(std::vector<Step>{10, 10, 15, 30, 64, 90, 250}[k * k % 7]);
  }
  return delays;
}

// As in the pong networks.
const DopamineParameters kPong = {.A_plus = 0.85,
                                  .A_minus = 1.5,
                                  .tau_plus = 45,
                                  .tau_c = 70,
                                  .tau_n = 30,
                                  .b = 0.028,
                                  .Wmin = 0,
                                  .Wmax = 1000};
const DopamineParameters kFast = {.A_plus = 2,
                                  .A_minus = 0.5,
                                  .tau_plus = 8,
                                  .tau_c = 20,
                                  .tau_n = 5,
                                  .b = 0.01,
                                  .Wmin = -1000,
                                  .Wmax = 1000,
                                  .tau_minus = 33};
const DopamineParameters kNarrow = {.tau_c = 100, .tau_n = 50, .b = 0.05, .Wmin = 95, .Wmax = 105};

INSTANTIATE_TEST_SUITE_P(
    Rules, DopamineTest,
    ::testing::Values(
        DopamineCase{"defaults", {{.parameters = {.Wmax = 1e6}, .delays = {10}}}},
        DopamineCase{"pong", {{.parameters = kPong, .delays = {10}}}},
        DopamineCase{"fast", {{.parameters = kFast, .delays = {10}}}},
        DopamineCase{"clipped", {{.parameters = kNarrow, .delays = {10}}}},
        DopamineCase{"no_dopamine", {{.parameters = kPong, .delays = {10}, .dopamine_rate = 0}}},
        DopamineCase{"much_dopamine",
                     {{.parameters = kPong, .delays = {10}, .dopamine_rate = 0.3}}},
        DopamineCase{"rare_deliveries",
                     {{.parameters = kPong, .delays = {10}, .deliver_interval = 5}}},
        DopamineCase{"long_delay", {{.parameters = kFast, .delays = {120}}}},
        DopamineCase{"mixed_delays", {{.parameters = kPong, .delays = MixedDelays()}}},
        DopamineCase{"mixed_delays_and_rare_deliveries",
                     {{.parameters = kFast, .delays = MixedDelays(), .deliver_interval = 12}}},
        DopamineCase{"slices_of_a_step", {{.parameters = kPong, .delays = {7}}}, 1},
        DopamineCase{"dense_spikes", {{.parameters = kPong, .delays = {10}}}, 10, 0.05},
        DopamineCase{
            "several_transmitters",
            {{.parameters = kPong, .delays = {10}},
             {.parameters = kPong, .weight = 50, .delays = MixedDelays(), .deliver_interval = 3},
             {.parameters = kNarrow, .delays = {40}, .deliver_interval = 2}}}),
    [](const auto& info) { return std::string(info.param.name); });

// One transmitter may serve several projections.
TEST(Dopamine, ProjectionsCanShareATransmitter) {
  const DopamineCase alone = {"", {{.parameters = kPong, .delays = {10}}}};
  NetworkSpec shared = SpecOf(alone);
  shared.projections.push_back(Named("second", shared.projections.back()));
  std::mt19937_64 random(1);
  Lab lab(shared);
  lab.Feed("sources", RandomTrains(&random, kSources, 0, 5000, 0.003));
  lab.Feed("driver", RandomTrains(&random, kTargets, 0, 5000, 0.003));
  lab.Feed("dopa0", RandomTrains(&random, 2, 0, 5000, 0.005));
  lab.RunTo(5000);
  EXPECT_NE(lab.Weights("second"), std::vector<double>(size_t{kSources} * kTargets, 100));
  EXPECT_EQ(lab.Weights("second"), lab.Weights("learner0"));
}

// A multiplicity counts as so many spikes of dopamine.
TEST(Dopamine, AMultiplicityIsSoMuchDopamine) {
  const DopamineCase alone = {"", {{.parameters = kPong, .delays = {10}}}};
  Lab lab(SpecOf(alone));
  lab.Feed("dopa0", {{100}}, {3});
  lab.RunTo(120);
  for (const double n : lab.Variable("learner0", "n")) EXPECT_DOUBLE_EQ(n, 3 / kPong.tau_n);
}

}  // namespace
}  // namespace spiked::engine
