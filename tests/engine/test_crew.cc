#include <gtest/gtest.h>
#include <sys/resource.h>

#include <new>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "server/engine/crew.h"
#include "tests/engine/team.h"

namespace spiked::engine {
namespace {

TEST(Crew, DoesEachPieceOfWorkOnce) {
  for (const int threads : {1, 2, 7}) {
    const Team crew(threads);
    for (const uint32_t n : {0u, 1u, 2u, 100u}) {
      std::vector<int> done(n);
      crew->ForEach(n, [&](uint32_t k) { ++done[k]; });
      EXPECT_EQ(done, std::vector<int>(n, 1)) << threads << " threads";
    }
  }
}

// What was done in one round is there in the next, whoever does it.
TEST(Crew, FinishesARoundBeforeTheNext) {
  const Team crew(3);
  std::vector<int> numbers(8, 1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int> next(numbers.size());
    crew->ForEach(8, [&](uint32_t k) { next[k] = numbers[(k + 1) % 8] + (k == 0 ? 1 : 0); });
    numbers = next;
  }
  EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), 0), 8 + 2000);
}

TEST(Crew, ThrowsOnWhatWorkThrowsAndGoesOnWorking) {
  const Team crew(3);
  for (int round = 0; round < 200; ++round) {
    EXPECT_THROW(crew->ForEach(50,
                               [&](uint32_t k) {
                                 if (k % 8 == 5) throw std::bad_alloc();
                               }),
                 std::bad_alloc);
    std::vector<int> done(50);
    crew->ForEach(50, [&](uint32_t k) { ++done[k]; });
    ASSERT_EQ(done, std::vector<int>(50, 1));
  }
}

TEST(Crew, MayGoWithoutHavingWorked) { const Team crew(4); }

TEST(Crew, HasThoseHelpersThatAreFree) {
  Helpers helpers(3);
  ASSERT_EQ(helpers.threads(), 3);
  Crew first(&helpers), second(&helpers);
  EXPECT_EQ(first.size(), 1);
  first.Call(2);
  EXPECT_EQ(first.size(), 3);
  second.Call(5);
  EXPECT_EQ(second.size(), 2);
  first.Dismiss();
  EXPECT_EQ(first.size(), 1);
  second.Call(5);
  EXPECT_EQ(second.size(), 4);
  second.Call(5);
  EXPECT_EQ(second.size(), 4);
}

// Helpers go from one crew to the other in the midst of its rounds.
TEST(Crew, SharesHelpersWithOthers) {
  Helpers helpers(4);
  const auto work = [&] {
    Crew crew(&helpers);
    for (int time = 0; time < 300; ++time) {
      crew.Call(time % 3);
      std::vector<int> done(40);
      for (int round = 0; round < 5; ++round) crew.ForEach(40, [&](uint32_t k) { ++done[k]; });
      EXPECT_EQ(done, std::vector<int>(40, 5));
      if (time % 4 == 0) crew.Dismiss();
    }
  };
  std::thread other(work);
  work();
  other.join();
}

TEST(Crew, WorksAloneWhereThereCanBeNoThreads) {
#ifdef SPIKED_SANITIZED
  GTEST_SKIP() << "the sanitizer itself needs address space";
#endif
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  // No room for the stack of a thread; what is there already may be used.
  struct rlimit none = before;
  none.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_AS, &none), 0);
  std::optional<Helpers> helpers;
  helpers.emplace(100);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_LT(helpers->threads(), 100);
  Crew crew(&*helpers);
  crew.Call(100);
  EXPECT_EQ(crew.size(), 1 + helpers->threads());
  std::vector<int> done(100);
  crew.ForEach(100, [&](uint32_t k) { ++done[k]; });
  EXPECT_EQ(done, std::vector<int>(100, 1));
}

}  // namespace
}  // namespace spiked::engine
