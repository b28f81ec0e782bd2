#include <gtest/gtest.h>

#include <vector>

#include "server/engine/recorders.h"

namespace spiked::engine {
namespace {

std::vector<Step> Times(const Series<int>& series, Step after, Step until) {
  std::vector<Step> times;
  const auto [first, last] = series.Between(after, until);
  for (size_t k = first; k < last; ++k) times.push_back(series.time(k));
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
  Series<int> series(3, 2);
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
      EXPECT_EQ(series.time(k), expected);
      EXPECT_EQ(series.entries(k)[0], expected);
      EXPECT_EQ(series.entries(k)[1], -expected);
    }
  }
  EXPECT_LE(series.bytes(), 3 * 4 * (sizeof(Step) + 2 * sizeof(int)));
}

TEST(Series, KeepsEverythingWithoutALimit) {
  Series<int> series(0, 1);
  for (int time = 1; time <= 100'000; ++time) *series.Append(time) = time;
  const auto [first, last] = series.Between(0, kNever);
  EXPECT_EQ(last - first, 100'000u);
  EXPECT_EQ(series.complete_after(), 0);
}

TEST(Series, TakesAQuarterMoreThanItsLimitAndNoMore) {
  Series<double> series(1000, 2);
  for (int time = 1; time <= 10'000; ++time) {
    series.Append(time);
    ASSERT_LE(series.bytes(), 1251 * (sizeof(Step) + 2 * sizeof(double)));
  }
}

TEST(Series, IsIncompleteAtATimeOfWhichItForgotAPart) {
  Series<int> series(2, 1);
  for (const Step time : {5, 5, 5}) series.Append(time);
  EXPECT_EQ(series.complete_after(), 5);
  EXPECT_EQ(Times(series, 0, 5).size(), 2u);
}

TEST(SpikeRecorder, CountsAMultiplicityAsThatManySpikes) {
  SpikeRecorder recorder(10, 3);
  recorder.Record(4, 1, 2);
  recorder.Record(6, 2, 1);
  EXPECT_EQ(recorder.totals, (std::vector<uint64_t>{0, 2, 1}));
  const auto [first, last] = recorder.spikes.Between(0, 10);
  ASSERT_EQ(last - first, 3u);
  EXPECT_EQ(recorder.spikes.time(first + 1), 4);
  EXPECT_EQ(*recorder.spikes.entries(first + 1), 1u);
  EXPECT_EQ(*recorder.spikes.entries(first + 2), 2u);
}

TEST(SpikeRecorder, TotalsGoBeyondTheLimit) {
  SpikeRecorder recorder(2, 1);
  for (Step stamp = 1; stamp <= 9; ++stamp) recorder.Record(stamp, 0, 1);
  EXPECT_EQ(recorder.totals, (std::vector<uint64_t>{9}));
  EXPECT_EQ(recorder.spikes.complete_after(), 7);
}

// A cascade of relays can make one spike stand for billions.
TEST(SpikeRecorder, KeepsOfAMultiplicityNoMoreThanItsLimit) {
  SpikeRecorder recorder(2, 1);
  recorder.Record(1, 0, 1);
  for (int k = 0; k < 1000; ++k) recorder.Record(7, 0, UINT32_MAX);
  EXPECT_EQ(recorder.totals[0], 1 + uint64_t{1000} * UINT32_MAX);
  EXPECT_EQ(recorder.spikes.complete_after(), 7);
  const auto [first, last] = recorder.spikes.Between(0, 10);
  EXPECT_EQ(last - first, 2u);
}

}  // namespace
}  // namespace spiked::engine
