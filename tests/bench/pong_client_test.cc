#include "tests/bench/pong_client.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "client/pong/exchange.h"
#include "tests/bench/players.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;
using testing::HasSubstr;
using testing::Not;

v1::StepResponse Silence(int players) {
  v1::StepResponse response;
  for (int k = 0; k < players; ++k) response.add_spike_counts()->mutable_counts()->Resize(kRows, 0);
  return response;
}

TEST(PongClientTest, AsksForNothingWithoutPlayers) {
  PongClient client({});
  v1::StepRequest empty;
  empty.set_duration_ms(0);
  EXPECT_EQ(client.Request().SerializeAsString(), empty.SerializeAsString());
  EXPECT_TRUE(client.Take({}).ok());
}

TEST(PongClientTest, LeavesTheAbsentPlayerOut) {
  for (const PlayerKind kind : kAllPlayers) {
    PongClient client({kind});
    for (int poll = 0; poll < 2; ++poll) {
      EXPECT_THAT(client.Request().DebugString(), Not(HasSubstr("right")));
      EXPECT_TRUE(client.Take(Silence(1)).ok());
    }
    EXPECT_EQ(client.match().polls(), 2);
  }
}

TEST(PongClientTest, MakesThePollsOfAMatchOfTwo) {
  PongClient client({PlayerKind::kRstdpNoisy, PlayerKind::kDopamine}, /*seed=*/3);
  EXPECT_TRUE(client.Take(Silence(2)).ok());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      client.Request(), pong::PollRequest(client.match(), /*read_weights=*/false)));
}

TEST(PongClientTest, RefusesAnAnswerWithoutSpikes) {
  EXPECT_FALSE(PongClient({PlayerKind::kRstdp}).Take({}).ok());
}

}  // namespace
}  // namespace spiked::bench
