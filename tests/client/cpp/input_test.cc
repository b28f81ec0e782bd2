#include "client/cpp/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace spiked::client {
namespace {

using testing::ElementsAre;

TEST(InputTest, SpikeTrainBelongsToOneSender) {
  const v1::Input input = SpikeTrain("net/input", 3, {1.0, 11.0});
  EXPECT_EQ(input.population(), "net/input");
  EXPECT_FALSE(input.relative());
  EXPECT_THAT(input.spike_trains().senders(), ElementsAre(3, 3));
  EXPECT_THAT(input.spike_trains().times_ms(), ElementsAre(1.0, 11.0));
}

TEST(InputTest, AnEmptySpikeTrainStillSilencesThePopulation) {
  const v1::Input input = SpikeTrain("net/input", 0, {});
  EXPECT_TRUE(input.has_spike_trains());
  EXPECT_EQ(input.spike_trains().times_ms_size(), 0);
}

TEST(InputTest, SpikeTrainsAreColumns) {
  const std::vector<std::vector<double>> trains = {{5.0}, {}, {1.0, 2.0}};
  const v1::Input input = SpikeTrains("net/input", trains, TimeBase::kNow);
  EXPECT_TRUE(input.relative());
  EXPECT_THAT(input.spike_trains().senders(), ElementsAre(0, 2, 2));
  EXPECT_THAT(input.spike_trains().times_ms(), ElementsAre(5.0, 1.0, 2.0));
}

TEST(InputTest, DirectCurrentNamesItsParameters) {
  const v1::Input input = DirectCurrent("net/dc", 300.0, 200.0, 232.0);
  const auto& parameters = input.device_parameters().parameters();
  ASSERT_EQ(parameters.size(), 3u);
  EXPECT_EQ(parameters.at("amplitude").number(), 300.0);
  EXPECT_EQ(parameters.at("start").number(), 200.0);
  EXPECT_EQ(parameters.at("stop").number(), 232.0);
}

TEST(InputTest, CurrentStepsBelongToOneSender) {
  const v1::Input input = CurrentSteps("net/steps", 1, {0.0, 10.0}, {5.0, -5.0});
  EXPECT_THAT(input.current_steps().senders(), ElementsAre(1, 1));
  EXPECT_THAT(input.current_steps().times_ms(), ElementsAre(0.0, 10.0));
  EXPECT_THAT(input.current_steps().amplitudes_pa(), ElementsAre(5.0, -5.0));
}

TEST(InputTest, NoiseDevicesAreSetByName) {
  EXPECT_EQ(PoissonRate("net/p", 15.0).device_parameters().parameters().at("rate").number(), 15.0);
  const v1::Input noise = NoiseCurrent("net/n", 1.0, 220.0);
  EXPECT_EQ(noise.device_parameters().parameters().at("mean").number(), 1.0);
  EXPECT_EQ(noise.device_parameters().parameters().at("std").number(), 220.0);
}

TEST(InputTest, PresetOptionsKeepTheirTypes) {
  const v1::PresetChoice preset =
      Preset("pong/rstdp", {{"num_neurons", 20}, {"noise", true}, {"x", 0.5}, {"text", "on"}});
  EXPECT_EQ(preset.name(), "pong/rstdp");
  const auto& fields = preset.options().fields();
  EXPECT_EQ(fields.at("num_neurons").number_value(), 20.0);
  EXPECT_TRUE(fields.at("noise").bool_value());
  EXPECT_EQ(fields.at("x").number_value(), 0.5);
  EXPECT_EQ(fields.at("text").string_value(), "on");
}

TEST(InputTest, ValuesAreNumbersListsOrDistributions) {
  EXPECT_EQ(Number(2.5).number(), 2.5);
  EXPECT_THAT(Numbers({1.0, 2.0}).list().values(), ElementsAre(1.0, 2.0));
  EXPECT_EQ(Normal(1300.0, 1.0).distribution().normal().mean(), 1300.0);
  EXPECT_EQ(Normal(1300.0, 1.0).distribution().normal().std(), 1.0);
}

}  // namespace
}  // namespace spiked::client
