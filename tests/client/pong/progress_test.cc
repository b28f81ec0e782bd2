#include "client/pong/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spiked::pong {
namespace {

using testing::HasSubstr;

TEST(ProgressTest, RatesFollowFromPollsAndTime) {
  const Progress progress{.polls = 500, .total = 2000, .elapsed = absl::Seconds(2)};
  EXPECT_EQ(progress.polls_per_s(), 250.0);
  EXPECT_EQ(progress.real_time_factor(), 50.0);
  EXPECT_EQ(progress.left(), absl::Seconds(6));
  EXPECT_EQ(progress.percent(), 25);
}

TEST(ProgressTest, IsDefinedBeforeTheFirstPoll) {
  const Progress progress{.polls = 0, .total = 2000};
  EXPECT_EQ(progress.polls_per_s(), 0.0);
  EXPECT_EQ(progress.percent(), 0);
  EXPECT_EQ(ReadableTime(progress.left()), "? s");
}

TEST(ReadableTimeTest, HasTwoUnitsAtMost) {
  EXPECT_EQ(ReadableTime(absl::Milliseconds(420)), "0.42 s");
  EXPECT_EQ(ReadableTime(absl::Milliseconds(9996)), "10 s");
  EXPECT_EQ(ReadableTime(absl::Milliseconds(59700)), "1 min 00 s");
  EXPECT_EQ(ReadableTime(absl::Seconds(185)), "3 min 05 s");
  EXPECT_EQ(ReadableTime(absl::Minutes(127)), "2 h 07 min");
}

TEST(ProgressLineTest, TellsHowTheMatchGoes) {
  Match match({PlayerKind::kRstdpNoisy, PlayerKind::kDopamine}, 20, 1);
  const std::string line =
      ProgressLine(match, {.polls = 500, .total = 2000, .elapsed = absl::Seconds(2)});
  EXPECT_THAT(line, HasSubstr("poll 500 of 2000 (25%)"));
  EXPECT_THAT(line, HasSubstr("score 0:0"));
  EXPECT_THAT(line, HasSubstr("rn 0.000  d 0.000"));
  EXPECT_THAT(line, HasSubstr("250 polls/s, 50x real time"));
  EXPECT_THAT(line, HasSubstr("6.00 s left"));
}

}  // namespace
}  // namespace spiked::pong
