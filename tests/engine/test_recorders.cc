#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "server/engine/recorders.h"

namespace spiked::engine {
namespace {

using ::testing::ElementsAre;

std::vector<Step> Times(const Series<int>& series, Step after, Step until) {
  std::vector<Step> times;
  const auto [first, last] = series.Between(after, until);
  for (size_t k = first; k < last; ++k) times.push_back(series.times()[k]);
  return times;
}

TEST(Series, IsReadBySpanOfTime) {
  Series<int> series(100, 1);
  for (const Step time : {3, 5, 5, 8}) *series.Append(time) = static_cast<int>(time) * 10;
  EXPECT_EQ(Times(series, 0, 100), (std::vector<Step>{3, 5, 5, 8}));
  EXPECT_EQ(Times(series, 3, 5), (std::vector<Step>{5, 5}));
  EXPECT_EQ(Times(series, 5, 7), std::vector<Step>{});
  EXPECT_EQ(*series.entries(series.Between(5, 8).first), 80);
}

TEST(Series, IsCompleteUntilItsLimit) {
  Series<int> series(3, 1);
  for (const Step time : {41, 42, 43}) series.Append(time);
  EXPECT_EQ(series.complete_after(), 0);
}

TEST(Series, ForgetsTheOldestBeyondItsLimitAndSaysSo) {
  CountedMemory memory(std::pmr::get_default_resource());
  Series<int> series(3, 2, &memory);
  for (int time = 1; time <= 1000; ++time) {
    int* entries = series.Append(time);
    entries[0] = time;
    entries[1] = -time;
    const Step oldest = std::max(1, time - 2);
    EXPECT_EQ(series.complete_after(), oldest - 1);
    const auto [first, last] = series.Between(-1, kNever);
    ASSERT_EQ(last - first, static_cast<size_t>(time - oldest + 1));
    for (size_t k = first; k < last; ++k) {
      const Step expected = oldest + static_cast<Step>(k - first);
      EXPECT_EQ(series.times()[k], expected);
      EXPECT_EQ(series.entries(k)[0], expected);
      EXPECT_EQ(series.entries(k)[1], -expected);
    }
  }
  EXPECT_LE(memory.bytes(), 3 * 4 * (sizeof(Step) + 2 * sizeof(int)));
}

TEST(Series, KeepsEverythingWithoutALimit) {
  Series<int> series(0, 1);
  for (int time = 1; time <= 100'000; ++time) *series.Append(time) = time;
  const auto [first, last] = series.Between(0, kNever);
  EXPECT_EQ(last - first, 100'000u);
  EXPECT_EQ(series.complete_after(), 0);
}

TEST(Series, TakesAQuarterMoreThanItsLimitAndNoMore) {
  CountedMemory memory(std::pmr::get_default_resource());
  Series<double> series(1000, 2, &memory);
  for (int time = 1; time <= 10'000; ++time) {
    series.Append(time);
    ASSERT_LE(memory.bytes(), 1251 * (sizeof(Step) + 2 * sizeof(double)));
  }
}

TEST(Series, IsIncompleteAtATimeOfWhichItForgotAPart) {
  Series<int> series(2, 1);
  for (const Step time : {5, 5, 5}) series.Append(time);
  EXPECT_EQ(series.complete_after(), 5);
  EXPECT_EQ(Times(series, 0, 5).size(), 2u);
}

// As recorders that keep each spike by itself would have it.
SpikeList Last(const SpikeList& all, size_t limit) {
  const auto forgotten =
      static_cast<ptrdiff_t>(all.stamps.size() - std::min(limit, all.stamps.size()));
  return {.stamps = {all.stamps.begin() + forgotten, all.stamps.end()},
          .senders = {all.senders.begin() + forgotten, all.senders.end()}};
}

SpikeList Part(const SpikeView& view, uint64_t first, uint64_t count) {
  SpikeList part;
  view.ForEach(first, count, [&](Step stamp, uint32_t sender, uint64_t times) {
    EXPECT_GT(times, 0u);
    part.stamps.insert(part.stamps.end(), times, stamp);
    part.senders.insert(part.senders.end(), times, sender);
  });
  return part;
}

TEST(SpikeRecorder, CountsAMultiplicityAsThatManySpikes) {
  SpikeRecorder recorder(10, 3);
  recorder.Record(4, 1, 2);
  recorder.Record(6, 2, 1);
  EXPECT_THAT(recorder.totals(), ElementsAre(0, 2, 1));
  const SpikeView view = recorder.Between(0, 10);
  EXPECT_EQ(view.size(), 3u);
  EXPECT_EQ(view.stamp(1), 4);
  EXPECT_EQ(view.stamp(2), 6);
  EXPECT_THAT(view.List().stamps, ElementsAre(4, 4, 6));
  EXPECT_THAT(view.List().senders, ElementsAre(1, 1, 2));
}

// Random multiplicities, with and without limits, are what one entry a spike
// would be: kept, read by span of time, and by number.
TEST(SpikeRecorder, IsAListOfEachSpike) {
  std::mt19937_64 random(5);
  const auto below = [&](uint64_t bound) { return random() % bound; };
  for (const size_t limit : {0, 1, 7, 40, 1000}) {
    for (const uint64_t largest : {1, 2, 5, 90}) {
      SpikeRecorder recorder(limit, 4);
      SpikeList all;
      Step stamp = 1;
      for (int k = 0; k < 300; ++k) {
        stamp += static_cast<Step>(below(3));
        const auto sender = static_cast<uint32_t>(below(4));
        // Single spikes come first.
        const uint64_t multiplicity = k < 20 ? 1 : 1 + below(largest);
        recorder.Record(stamp, sender, multiplicity);
        all.stamps.insert(all.stamps.end(), multiplicity, stamp);
        all.senders.insert(all.senders.end(), multiplicity, sender);

        const SpikeList kept = Last(all, limit == 0 ? all.stamps.size() : limit);
        const size_t size = kept.stamps.size();
        const size_t forgotten = all.stamps.size() - size;
        const SpikeView whole = recorder.Between(-1, kNever);
        ASSERT_EQ(whole.List(), kept) << limit << " " << largest << " " << k;
        ASSERT_EQ(whole.size(), size);
        ASSERT_EQ(whole.complete_after(), forgotten == 0 ? 0 : all.stamps[forgotten - 1]);

        const auto after = static_cast<Step>(below(static_cast<uint64_t>(stamp) + 1));
        const Step until = after + static_cast<Step>(below(60));
        const auto from = std::ranges::upper_bound(kept.stamps, after) - kept.stamps.begin();
        const auto to = std::ranges::upper_bound(kept.stamps, until) - kept.stamps.begin();
        const SpikeView view = recorder.Between(after, until);
        ASSERT_EQ(view.size(), static_cast<uint64_t>(to - from));
        const uint64_t first = below(view.size() + 1);
        const uint64_t count = below(view.size() - first + 1);
        const auto begin = from + static_cast<ptrdiff_t>(first);
        const auto end = begin + static_cast<ptrdiff_t>(count);
        const SpikeList expected = {
            .stamps = {kept.stamps.begin() + begin, kept.stamps.begin() + end},
            .senders = {kept.senders.begin() + begin, kept.senders.begin() + end}};
        ASSERT_EQ(Part(view, first, count), expected) << limit << " " << largest << " " << k;
        if (first < view.size()) {
          const Step at = kept.stamps[static_cast<size_t>(begin)];
          ASSERT_EQ(view.stamp(first), at);
          const auto earlier = std::ranges::lower_bound(kept.stamps, at) - kept.stamps.begin();
          ASSERT_EQ(view.CountUntil(at - 1), static_cast<uint64_t>(earlier - from));
        }
      }
    }
  }
}

TEST(SpikeRecorder, TotalsGoBeyondTheLimit) {
  SpikeRecorder recorder(2, 1);
  for (Step stamp = 1; stamp <= 9; ++stamp) recorder.Record(stamp, 0, 1);
  EXPECT_THAT(recorder.totals(), ElementsAre(9));
  EXPECT_EQ(recorder.Between(0, 10).complete_after(), 7);
}

TEST(SpikeRecorder, TakesAQuarterMoreThanItsLimitAndNoMore) {
  CountedMemory memory(std::pmr::get_default_resource());
  SpikeRecorder recorder(1000, 1, &memory);
  for (Step stamp = 1; stamp <= 10'000; ++stamp) {
    recorder.Record(stamp, 0, 1);
    ASSERT_LE(memory.bytes(), sizeof(uint64_t) + 1252 * (sizeof(Step) + sizeof(uint32_t)));
  }
}

// A cascade of relays can make one spike stand for billions.
TEST(SpikeRecorder, TakesOneEntryForAnyMultiplicity) {
  CountedMemory memory(std::pmr::get_default_resource());
  SpikeRecorder recorder(0, 1, &memory);
  for (Step stamp = 1; stamp <= 8; ++stamp) recorder.Record(stamp, 0, uint64_t{1} << 40);
  EXPECT_LE(memory.bytes(), 8 * 20 + sizeof(uint64_t));
  const SpikeView view = recorder.Between(2, 6);
  EXPECT_EQ(view.size(), uint64_t{4} << 40);
  EXPECT_EQ(view.CountUntil(4), uint64_t{2} << 40);
  EXPECT_EQ(view.stamp((uint64_t{2} << 40) - 1), 4);
  EXPECT_THAT(Part(view, (uint64_t{2} << 40) - 2, 3).stamps, ElementsAre(4, 4, 5));
}

TEST(SpikeRecorder, KeepsOfAMultiplicityNoMoreThanItsLimit) {
  SpikeRecorder recorder(2, 1);
  recorder.Record(1, 0, 1);
  for (int k = 0; k < 1000; ++k) recorder.Record(7, 0, UINT32_MAX);
  EXPECT_THAT(recorder.totals(), ElementsAre(1 + uint64_t{1000} * UINT32_MAX));
  const SpikeView view = recorder.Between(0, 10);
  EXPECT_EQ(view.complete_after(), 7);
  EXPECT_THAT(view.List().stamps, ElementsAre(7, 7));
}

TEST(SpikeRecorder, CountsOnWhereNumbersGoRound) {
  SpikeRecorder recorder(0, 1);
  for (Step stamp = 1; stamp <= 100; ++stamp) recorder.Record(stamp, 0, UINT64_MAX);
  recorder.Record(101, 0, 3);
  EXPECT_THAT(recorder.totals(), ElementsAre(UINT64_MAX));
  EXPECT_EQ(recorder.Between(-1, kNever).complete_after(), 100);
  const SpikeView last = recorder.Between(100, kNever);
  EXPECT_THAT(last.List().stamps, ElementsAre(101, 101, 101));
}

}  // namespace
}  // namespace spiked::engine
