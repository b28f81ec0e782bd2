#include "tests/bench/ablation.h"

#include <gtest/gtest.h>

#include "client/pong/player.h"
#include "server/engine/network.h"
#include "tests/bench/engine_player.h"
#include "tests/bench/players.h"

namespace spiked::bench {
namespace {

using pong::PlayerKind;

TEST(AblationTest, LeavesNoPlasticSynapse) {
  for (const PlayerKind kind : kAllPlayers) {
    const engine::NetworkSpec whole = PlayerSpec(kind);
    const engine::NetworkSpec fixed = WithoutPlasticity(whole);
    EXPECT_NE(whole, fixed);
    EXPECT_EQ(whole.populations, fixed.populations);
    for (const engine::ProjectionSpec& projection : fixed.projections) {
      EXPECT_EQ(projection.synapse_model, "static_synapse");
    }
  }
}

TEST(AblationTest, TakesTheNoiseOfNoisyPlayersAway) {
  for (const PlayerKind kind : kAllPlayers) {
    const engine::NetworkSpec whole = PlayerSpec(kind);
    const engine::NetworkSpec quiet = WithoutBackground(whole);
    EXPECT_EQ(whole.populations.size() - quiet.populations.size(), IsNoisy(kind) ? 1 : 0);
    EXPECT_EQ(whole.projections.size() - quiet.projections.size(), IsNoisy(kind) ? 1 : 0);
  }
}

TEST(AblationTest, LeavesNetworksThatPlay) {
  for (const PlayerKind kind : kAllPlayers) {
    const engine::NetworkSpec spec = WithoutBackground(WithoutPlasticity(PlayerSpec(kind)));
    for (const bool input : {true, false}) {
      const auto player = EnginePlayer::Create(kind, spec, input);
      ASSERT_TRUE(player.ok()) << player.status();
      EXPECT_TRUE((*player)->Play(3).ok());
    }
  }
}

}  // namespace
}  // namespace spiked::bench
