#include "server/session/counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

using std::chrono::nanoseconds;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

TEST(DurationsTest, AreCountedUpToEachBound) {
  Durations durations;
  durations.Add(nanoseconds(0));
  durations.Add(nanoseconds(Durations::kBounds[0]));
  durations.Add(nanoseconds(Durations::kBounds[0] + 1));
  durations.Add(nanoseconds(Durations::kBounds.back() + 1));
  const Durations::Reading reading = durations.Read();
  EXPECT_EQ(reading.counts.front(), 2u);
  EXPECT_EQ(reading.counts[1], 1u);
  EXPECT_EQ(reading.counts.back(), 1u);
  EXPECT_DOUBLE_EQ(reading.sum_s, 60.000040002);
}

TEST(CountersTest, CommandsAreCountedByHowTheyEnd) {
  Counters counters;
  const Command& command = Commands()[1];
  counters.Count(command, absl::OkStatus(), nanoseconds(5));
  counters.Count(command, engine::ReasonError(absl::StatusCode::kAborted, "WHY", "so"),
                 nanoseconds(5));
  counters.CountRefused(command, absl::UnauthenticatedError("who?"));
  const auto& counted = *counters.commands()[1];
  EXPECT_EQ(counted.codes[0], 1u);
  EXPECT_EQ(counted.codes[static_cast<size_t>(absl::StatusCode::kAborted)], 1u);
  EXPECT_EQ(counted.codes[static_cast<size_t>(absl::StatusCode::kUnauthenticated)], 1u);
  EXPECT_EQ(counted.durations.Read().counts[0], 2u) << "of those that have begun";
  EXPECT_EQ(counters.commands()[0]->codes[0], 0u);
  EXPECT_THAT(counters.refusals(), ElementsAre(Pair("UNAUTHENTICATED", 1), Pair("WHY", 1)));
}

TEST(CountersTest, ReasonsAreBounded) {
  Counters counters;
  for (int k = 0; k < 1000; ++k) {
    counters.CountRefused(Commands()[0], engine::ReasonError(absl::StatusCode::kAborted,
                                                             absl::StrCat("WHY_", k), "so"));
  }
  EXPECT_THAT(counters.refusals(), SizeIs(100));
}

TEST(CountersTest, BiologicalTimeAndWhatHappensInItAddUp) {
  Counters counters;
  counters.CountSimulated(0.1, {.spikes = 1, .synaptic_events = 10});
  counters.CountSimulated(200, {.spikes = 2, .synaptic_events = 20});
  EXPECT_DOUBLE_EQ(counters.simulated_s(), 0.2001);
  EXPECT_EQ(counters.activity().spikes, 3u);
  EXPECT_EQ(counters.activity().synaptic_events, 30u);
}

}  // namespace
}  // namespace spiked::session
