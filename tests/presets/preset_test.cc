#include "server/presets/preset.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"

namespace spiked::presets {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

const std::vector<std::string> kPlayers = {"pong/dopamine", "pong/rstdp"};

TEST(PresetsTest, ListsAllInOrderWithTheirOptions) {
  const auto named = [](absl::string_view name) {
    return Field(&PresetInfo::name, ::testing::Eq(name));
  };
  ASSERT_THAT(Presets(), ElementsAre(named("cortex/microcircuit"), named("pong/dopamine"),
                                     named("pong/rstdp")));
  EXPECT_THAT(Presets()[0].options,
              ElementsAre(Field(&OptionInfo::name, "scale"), Field(&OptionInfo::name, "input")));
  for (const size_t player : {1, 2}) {
    const PresetInfo& preset = Presets()[player];
    ASSERT_EQ(preset.options.size(), 2u);
    EXPECT_EQ(preset.options[0].name, "num_neurons");
    EXPECT_EQ(preset.options[0].default_value, OptionValue(20.0));
    EXPECT_EQ(preset.options[1].name, "noise");
    EXPECT_EQ(preset.options[1].default_value, OptionValue(false));
  }
}

TEST(ResolveTest, OptionsLeftOutHaveTheirDefaults) {
  for (const std::string& name : kPlayers) {
    const auto bare = Resolve(name, {});
    ASSERT_TRUE(bare.ok()) << bare.status();
    EXPECT_EQ(*bare, *Resolve(name, {{"num_neurons", 20.0}, {"noise", false}}));
    EXPECT_NE(*bare, *Resolve(name, {{"num_neurons", 21.0}}));
    EXPECT_NE(*bare, *Resolve(name, {{"noise", true}}));
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

TEST(ResolveTest, NumbersNeedNotBeWholeAndTextsAreChosen) {
  constexpr char kName[] = "cortex/microcircuit";
  const auto field = [&](const Options& options) {
    return engine::FieldOf(Resolve(kName, options).status()).value_or("");
  };
  EXPECT_EQ(*Resolve(kName, {}), *Resolve(kName, {{"scale", 1.0}, {"input", "poisson"}}));
  EXPECT_NE(*Resolve(kName, {}), *Resolve(kName, {{"scale", 0.25}}));
  EXPECT_EQ(field({{"input", "dc"}, {"scale", 0.01}}), "");
  EXPECT_EQ(field({{"scale", 0.0}}), "preset.options[scale]");
  EXPECT_EQ(field({{"scale", 1.01}}), "preset.options[scale]");
  EXPECT_EQ(field({{"input", "DC"}}), "preset.options[input]");
  EXPECT_EQ(field({{"input", 1.0}}), "preset.options[input]");
}

TEST(ResolveTest, AnUnknownPresetIsRefused) {
  for (const char* name : {"", "pong", "pong/", "pong/RSTDP"}) {
    const auto spec = Resolve(name, {});
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(engine::FieldOf(spec.status()), "preset.name");
  }
}

}  // namespace
}  // namespace spiked::presets
