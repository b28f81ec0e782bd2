#include <gtest/gtest.h>

#include <new>
#include <numeric>
#include <vector>

#include "server/engine/crew.h"

namespace spiked::engine {
namespace {

TEST(Crew, DoesEachPieceOfWorkOnce) {
  for (const int threads : {1, 2, 7}) {
    Crew crew(threads);
    for (const uint32_t n : {0u, 1u, 2u, 100u}) {
      std::vector<int> done(n);
      crew.ForEach(n, [&](uint32_t k) { ++done[k]; });
      EXPECT_EQ(done, std::vector<int>(n, 1)) << threads << " threads";
    }
  }
}

// What was done in one round is there in the next, whoever does it.
TEST(Crew, FinishesARoundBeforeTheNext) {
  Crew crew(3);
  std::vector<int> numbers(8, 1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int> next(numbers.size());
    crew.ForEach(8, [&](uint32_t k) { next[k] = numbers[(k + 1) % 8] + (k == 0 ? 1 : 0); });
    numbers = next;
  }
  EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), 0), 8 + 2000);
}

TEST(Crew, ThrowsOnWhatWorkThrowsAndGoesOnWorking) {
  Crew crew(3);
  for (int round = 0; round < 200; ++round) {
    EXPECT_THROW(crew.ForEach(50,
                              [&](uint32_t k) {
                                if (k % 8 == 5) throw std::bad_alloc();
                              }),
                 std::bad_alloc);
    std::vector<int> done(50);
    crew.ForEach(50, [&](uint32_t k) { ++done[k]; });
    ASSERT_EQ(done, std::vector<int>(50, 1));
  }
}

TEST(Crew, MayGoWithoutHavingWorked) { Crew crew(4); }

}  // namespace
}  // namespace spiked::engine
