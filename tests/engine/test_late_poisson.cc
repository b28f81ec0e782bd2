// Poisson spikes on connections so slow that they are drawn when they come within
// reach.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/engine/pace.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

// Two generators that reach neurons and relays after 30 and 12.5 ms, among others
// that are faster.
NetworkSpec Slow() {
  NetworkSpec spec;
  spec.populations = {Population("noise", "poisson_generator", 2, {{"rate", 3000.0}}),
                      Population("other", "poisson_generator", 1, {{"rate", 9000.0}}),
                      Population("n", "iaf_psc_exp", 5, {{"I_e", 200.0}}),
                      Recorded(Population("relay", "parrot_neuron", 3))};
  spec.projections = {Projection("noise", "n", 20.3, 30.0),
                      Projection("other", "n", 11.7, 12.5),
                      Projection("other", "relay", 1.0, 30.0),
                      Named("fast", Projection("noise", "n", -7.1, 2.0)),
                      Named("spread", Projection("noise", "n", 3.3, Distribution{Uniform{1, 40}})),
                      Named("back", Projection("relay", "n", 5.9, 20.0))};
  spec.multimeters = {Multimeter("n", 0.1)};
  return spec;
}

// Time with new rates, new weights and a delay that lengthens the rings; `pass` lets
// a number of steps go by.
template <typename Pass>
void Exercise(Lab* lab, const Pass& pass) {
  pass(333);
  EXPECT_THAT(lab->network().SetParameters(lab->Population("noise"), {{"rate", 900.0}}), IsOk());
  pass(77);
  EXPECT_THAT(lab->network().SetWeights(lab->Projection("other-n"), std::vector<double>{8.1}),
              IsOk());
  pass(401);
  NetworkSpec more;
  more.populations = {Population("late", "poisson_generator", 1, {{"rate", 5000.0}})};
  more.projections = {Named("longer", Projection("late", "n", 2.9, 6.4)),
                      Named("slow", Projection("late", "n", 1.7, 9.0))};
  EXPECT_THAT(lab->simulation().ExtendNetwork(&lab->network(), more), IsOk());
  pass(600);
}

struct Outcome {
  std::vector<double> signal;
  std::vector<Step> stamps;
  bool operator==(const Outcome&) const = default;
};
Outcome OutcomeOf(Lab& lab) { return {lab.Signal(), lab.Stamps("relay")}; }

TEST(LatePoisson, DoesNotDependOnHowTimeIsCut) {
  Lab straight(Slow());
  Exercise(&straight,
           [&](Step steps) { EXPECT_THAT(straight.simulation().Advance(steps), IsOk()); });
  const Outcome expected = OutcomeOf(straight);
  EXPECT_GT(expected.stamps.size(), 100u);
  for (const Step piece : {1, 3, 50, 97}) {
    Lab lab(Slow());
    Exercise(&lab, [&](Step steps) {
      for (; steps > 0; steps -= std::min(piece, steps)) {
        EXPECT_THAT(lab.simulation().Advance(std::min(piece, steps)), IsOk());
      }
    });
    EXPECT_TRUE(OutcomeOf(lab) == expected) << piece;
  }
  Lab stopped(Slow());
  Exercise(&stopped, [&](Step steps) {
    const Step until = stopped.simulation().now() + steps;
    for (bool done = false; !done;) {
      Pace pace([] { return true; }, /*work_between_asks=*/700);
      EXPECT_THAT(stopped.simulation().Advance(until - stopped.simulation().now(), nullptr, &pace),
                  IsOk());
      done = !pace.stopped();
    }
  });
  EXPECT_TRUE(OutcomeOf(stopped) == expected);
}

TEST(LatePoisson, IsSavedAndRestored) {
  Lab straight(Slow()), restored(Slow());
  Exercise(&straight,
           [&](Step steps) { EXPECT_THAT(straight.simulation().Advance(steps), IsOk()); });
  Exercise(&restored, [&](Step steps) {
    for (const Step part : {steps / 3, steps - steps / 3}) {
      EXPECT_THAT(restored.simulation().Advance(part), IsOk());
      restored.SaveAndRestore();
    }
  });
  EXPECT_TRUE(OutcomeOf(restored) == OutcomeOf(straight));
}

TEST(LatePoisson, FollowsTheRateOfWhenItIsEmitted) {
  NetworkSpec spec;
  spec.populations = {Population("g", "poisson_generator", 1, {{"rate", 10000.0}}),
                      Recorded(Population("relay", "parrot_neuron", 10))};
  spec.projections = {Projection("g", "relay", 1.0, 50.0)};
  Lab lab(spec);
  lab.RunTo(1200);
  EXPECT_THAT(lab.network().SetParameters(lab.Population("g"), {{"rate", 0.0}}), IsOk());
  lab.RunTo(3000);
  const std::vector<Step> stamps = lab.Stamps("relay");
  ASSERT_FALSE(stamps.empty());
  EXPECT_GT(stamps.front(), 500);
  EXPECT_LT(stamps.front(), 510);
  EXPECT_GT(stamps.back(), 1690);
  EXPECT_LE(stamps.back(), 1700);
  // 120 ms of ten connections at 10 kHz, within five standard deviations.
  uint64_t spikes = 0;
  for (const uint64_t total : lab.network().SpikeTotals(lab.Population("relay"))) spikes += total;
  EXPECT_NEAR(static_cast<double>(spikes), 12000.0, 5 * 110.0);
}

TEST(LatePoisson, DoesNotWaitInMemory) {
  NetworkSpec spec;
  spec.populations = {Population("g", "poisson_generator", 1, {{"rate", 20000.0}}),
                      Population("relay", "parrot_neuron", 100)};
  spec.projections = {Projection("g", "relay", 1.0, 10'000.0)};
  Lab lab(spec);
  const uint64_t before = lab.network().size().bytes;
  lab.RunTo(99'000);  // 20 million spikes are under way
  EXPECT_LT(lab.network().size().bytes, before + 4'000'000);
  lab.RunTo(102'000);
  EXPECT_LT(lab.network().size().bytes, before + 4'000'000);
}

}  // namespace
}  // namespace spiked::engine
