#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "server/engine/count_ring.h"

namespace spiked::engine {
namespace {

using Arrivals = std::vector<std::tuple<uint32_t, Step, uint64_t>>;

Arrivals Take(CountRing* ring, Step after, Step until) {
  Arrivals arrivals;
  ring->Take(after, until, [&](uint32_t receiver, Step arrival, uint64_t multiplicity) {
    arrivals.emplace_back(receiver, arrival, multiplicity);
  });
  return arrivals;
}

TEST(CountRing, GivesBackByTimeThenReceiver) {
  CountRing ring(3, 10);
  ring.Add(2, 5, 1);
  ring.Add(0, 7, 1);
  ring.Add(1, 5, 1);
  EXPECT_EQ(Take(&ring, 0, 10), (Arrivals{{1, 5, 1}, {2, 5, 1}, {0, 7, 1}}));
}

TEST(CountRing, AddsUpMultiplicities) {
  CountRing ring(1, 4);
  ring.Add(0, 3, 2);
  ring.Add(0, 3, 5);
  EXPECT_EQ(Take(&ring, 0, 4), (Arrivals{{0, 3, 7}}));
}

TEST(CountRing, CountsNoFurtherThanItCan) {
  CountRing ring(1, 4);
  ring.Add(0, 3, kMostSimultaneous - 1);
  ring.Add(0, 3, 5);
  EXPECT_EQ(Take(&ring, 0, 4), (Arrivals{{0, 3, kMostSimultaneous}}));
}

TEST(CountRing, GivesEachArrivalOnce) {
  CountRing ring(1, 4);
  ring.Add(0, 2, 1);
  ring.Add(0, 3, 1);
  EXPECT_EQ(Take(&ring, 0, 1), Arrivals{});
  EXPECT_EQ(Take(&ring, 1, 2), (Arrivals{{0, 2, 1}}));
  EXPECT_EQ(Take(&ring, 2, 4), (Arrivals{{0, 3, 1}}));
  EXPECT_EQ(Take(&ring, 4, 8), Arrivals{});
}

TEST(CountRing, ReachesItsHorizonAgainAndAgain) {
  for (const Step horizon : {1, 2, 3, 5, 64}) {
    CountRing ring(2, horizon);
    for (Step now = 0; now < 300; now += 1) {
      ring.Add(1, now + horizon, 3);
      Arrivals expected;
      if (now + 1 - horizon >= 0) expected = {{1, now + 1, 3}};
      EXPECT_EQ(Take(&ring, now, now + 1), expected);
    }
  }
}

}  // namespace
}  // namespace spiked::engine
