#include "server/presets/preset.h"

#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"

namespace spiked::presets {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

TEST(PresetsTest, ListsBothPlayersInOrderWithTheirOptions) {
  const auto named = [](absl::string_view name) {
    return Field(&PresetInfo::name, ::testing::Eq(name));
  };
  ASSERT_THAT(Presets(), ElementsAre(named("pong/dopamine"), named("pong/rstdp")));
  for (const PresetInfo& preset : Presets()) {
    ASSERT_EQ(preset.options.size(), 2u);
    EXPECT_EQ(preset.options[0].name, "num_neurons");
    EXPECT_EQ(preset.options[0].default_value, OptionValue(20.0));
    EXPECT_EQ(preset.options[1].name, "noise");
    EXPECT_EQ(preset.options[1].default_value, OptionValue(false));
  }
}

TEST(ResolveTest, OptionsLeftOutHaveTheirDefaults) {
  for (const PresetInfo& preset : Presets()) {
    const auto bare = Resolve(preset.name, {});
    ASSERT_TRUE(bare.ok()) << bare.status();
    EXPECT_EQ(*bare, *Resolve(preset.name, {{"num_neurons", 20.0}, {"noise", false}}));
    EXPECT_NE(*bare, *Resolve(preset.name, {{"num_neurons", 21.0}}));
    EXPECT_NE(*bare, *Resolve(preset.name, {{"noise", true}}));
  }
}

TEST(ResolveTest, AcceptsNumNeuronsAtItsBounds) {
  EXPECT_TRUE(Resolve("pong/rstdp", {{"num_neurons", 2.0}}).ok());
  EXPECT_TRUE(Resolve("pong/rstdp", {{"num_neurons", 1000.0}}).ok());
}

struct BadOption {
  std::string name;
  OptionValue value;
};

TEST(ResolveTest, NamesTheOptionAtFault) {
  const BadOption cases[] = {
      {"num_neurons", 1.0},      {"num_neurons", 1001.0}, {"num_neurons", 2.5},
      {"num_neurons", -20.0},    {"num_neurons", true},   {"num_neurons", std::nan("")},
      {"num_neurons", INFINITY}, {"num_neurons", "20"},   {"noise", 1.0},
      {"noise", "true"},         {"speed", 1.0},          {"", false},
  };
  for (const BadOption& bad : cases) {
    const auto spec = Resolve("pong/dopamine", {{bad.name, bad.value}});
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(engine::FieldOf(spec.status()), "preset.options[" + bad.name + "]");
  }
}

TEST(ResolveTest, AnUnknownPresetIsNotFound) {
  for (const char* name : {"", "pong", "pong/", "pong/RSTDP"}) {
    const auto spec = Resolve(name, {});
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(engine::FieldOf(spec.status()), "preset.name");
  }
}

}  // namespace
}  // namespace spiked::presets
