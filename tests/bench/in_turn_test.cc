#include "tests/bench/in_turn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spiked::bench {
namespace {

using testing::ElementsAre;

TEST(InTurnTest, MeasuresSidesAlternately) {
  double turn = 0;
  const Side side = [&]() -> absl::StatusOr<double> { return ++turn; };
  const auto samples = InTurn(3, {side, side});
  ASSERT_TRUE(samples.ok());
  EXPECT_THAT(*samples, ElementsAre(ElementsAre(1, 3, 5), ElementsAre(2, 4, 6)));
}

TEST(InTurnTest, EndsAtTheFirstError) {
  int calls = 0;
  const Side fails = [&]() -> absl::StatusOr<double> {
    ++calls;
    return absl::UnavailableError("gone");
  };
  EXPECT_EQ(InTurn(3, {fails, fails}).status(), absl::UnavailableError("gone"));
  EXPECT_EQ(calls, 1);
}

TEST(TimeEachTest, IsTheMeanOverAllCalls) {
  int calls = 0;
  const auto us = TimeEach(4, [&] {
    ++calls;
    return absl::OkStatus();
  });
  ASSERT_TRUE(us.ok());
  EXPECT_GT(*us, 0.0);
  EXPECT_EQ(calls, 4);
}

TEST(TimeEachTest, EndsAtTheFirstError) {
  EXPECT_EQ(TimeEach(2, [] { return absl::UnavailableError("gone"); }).status(),
            absl::UnavailableError("gone"));
}

}  // namespace
}  // namespace spiked::bench
