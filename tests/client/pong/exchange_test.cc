#include "client/pong/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace spiked::pong {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr int kRows = 20;
constexpr std::array kBoth = {PlayerKind::kRstdpNoisy, PlayerKind::kDopamineNoisy};

std::vector<uint32_t> Only(int neuron) {
  std::vector<uint32_t> counts(kRows, 0);
  counts[neuron] = 4;
  return counts;
}

// An answer in which every motor neuron of both players has fired once.
v1::StepResponse Answer(int neurons = kRows) {
  v1::StepResponse response;
  for (int k = 0; k < 2; ++k) {
    v1::SpikeCounts& counts = *response.add_spike_counts();
    for (int neuron = 0; neuron < neurons; ++neuron) counts.add_counts(1);
  }
  return response;
}

TEST(PlayerPresetTest, NamesNetworkSizeAndNoise) {
  const v1::PresetChoice preset = PlayerPreset(PlayerKind::kDopamineNoisy, 12);
  EXPECT_EQ(preset.name(), "pong/dopamine");
  EXPECT_EQ(preset.options().fields().at("num_neurons").number_value(), 12.0);
  EXPECT_TRUE(preset.options().fields().at("noise").bool_value());
  EXPECT_EQ(PlayerPreset(PlayerKind::kRstdp, 12).name(), "pong/rstdp");
  EXPECT_FALSE(PlayerPreset(PlayerKind::kRstdp, 12).options().fields().at("noise").bool_value());
}

TEST(PollRequestTest, TheFirstPollHasNothingToReward) {
  const Match match(kBoth, kRows, 1);
  const v1::StepRequest request = PollRequest(match, false);
  EXPECT_TRUE(request.has_expected_time_ms());
  EXPECT_EQ(request.expected_time_ms(), 0.0);
  EXPECT_EQ(request.rewards_size(), 0);
  EXPECT_EQ(request.inputs_size(), 2);
  EXPECT_EQ(request.duration_ms(), 200.0);
  EXPECT_THAT(request.readout().spike_counts(), ElementsAre("left/motor", "right/motor"));
  EXPECT_EQ(request.readout().weights_size(), 0);
}

TEST(PollRequestTest, BothPlayersSeeTheBall) {
  const Match match(kBoth, kRows, 1);
  const v1::StepRequest request = PollRequest(match, false);
  const auto row = static_cast<uint32_t>(match.game().ball_row());
  EXPECT_EQ(request.inputs(0).population(), "left/input");
  EXPECT_EQ(request.inputs(1).population(), "right/input");
  for (const v1::Input& input : request.inputs()) {
    EXPECT_EQ(input.spike_trains().times_ms_size(), 20);
    EXPECT_THAT(input.spike_trains().senders(), Each(row));
  }
  EXPECT_EQ(request.inputs(0).spike_trains().times_ms(0), 1.0);
  EXPECT_EQ(request.inputs(1).spike_trains().times_ms(0), 32.0);
}

TEST(PollRequestTest, CarriesTheRewardsOfThePollBefore) {
  Match match(kBoth, kRows, 1);
  const int row = match.game().ball_row();
  match.Play({Only(row), Only(row)});
  const v1::StepRequest request = PollRequest(match, false);
  EXPECT_EQ(request.expected_time_ms(), 200.0);

  ASSERT_EQ(request.rewards_size(), 1);
  EXPECT_EQ(request.rewards(0).target(), "left");
  EXPECT_EQ(request.rewards(0).value(), 1.0);

  ASSERT_EQ(request.inputs_size(), 3);
  EXPECT_EQ(request.inputs(0).population(), "right/dopa_current");
  const auto& current = request.inputs(0).device_parameters().parameters();
  EXPECT_EQ(current.at("amplitude").number(), 1000.0);
  EXPECT_EQ(current.at("start").number(), 200.0);
  EXPECT_EQ(current.at("stop").number(), 232.0);
  EXPECT_EQ(request.inputs(1).spike_trains().times_ms(0), 201.0);
}

TEST(PollRequestTest, ARewardOfZeroIsSentToo) {
  // It ends the episode.
  Match match({PlayerKind::kRstdp, PlayerKind::kRstdp}, kRows, 1);
  const int far = match.game().ball_row() < 10 ? 19 : 0;
  match.Play({Only(far), Only(far)});
  const v1::StepRequest request = PollRequest(match, false);
  ASSERT_EQ(request.rewards_size(), 2);
  EXPECT_EQ(request.rewards(1).target(), "right");
  EXPECT_EQ(request.rewards(1).value(), 0.0);
}

TEST(PollRequestTest, ReadsWeightsIfAskedTo) {
  const Match match(kBoth, kRows, 1);
  EXPECT_THAT(PollRequest(match, true).readout().weights(),
              ElementsAre("left/input_motor", "right/input_motor"));
}

TEST(SettleRequestTest, RewardsAndReadsButTakesNoTime) {
  Match match(kBoth, kRows, 1);
  match.Play({Only(0), Only(0)});
  const v1::StepRequest request = SettleRequest(match);
  EXPECT_EQ(request.expected_time_ms(), 200.0);
  EXPECT_EQ(request.duration_ms(), 0.0);
  EXPECT_EQ(request.rewards_size(), 1);
  EXPECT_EQ(request.inputs_size(), 1) << "the current, and no more spikes";
  EXPECT_EQ(request.readout().spike_counts_size(), 0);
  EXPECT_EQ(request.readout().weights_size(), 2);
}

TEST(RestRequestTest, GoesFromWhereAPollWasCutShortToItsEnd) {
  Match match(kBoth, kRows, 1);
  match.Play({Only(0), Only(0)});
  v1::StepResponse begun = Answer();
  EXPECT_FALSE(WasCutShort(begun));
  begun.set_halted(true);
  begun.set_halt_reason(v1::HALT_REASON_HALTED);
  EXPECT_FALSE(WasCutShort(begun)) << "somebody wanted that";
  begun.set_halt_reason(v1::HALT_REASON_CANCELLED);
  EXPECT_TRUE(WasCutShort(begun));
  begun.set_time_ms(271.3);
  const v1::StepRequest request = RestRequest(match, begun, 2);
  EXPECT_EQ(request.expected_time_ms(), 271.3);
  EXPECT_EQ(request.duration_ms(), 128.7);
  EXPECT_EQ(request.rewards_size(), 0);
  EXPECT_EQ(request.inputs_size(), 0) << "they were given when it began";
  EXPECT_EQ(request.readout().spike_counts_size(), 2);
  EXPECT_NE(request.request_id(), RestRequest(match, begun, 1).request_id());
  EXPECT_NE(request.request_id(), NextRequestId(match));

  v1::StepResponse rest = Answer();
  rest.mutable_spike_counts(1)->set_counts(3, 9);
  const uint64_t before = begun.spike_counts(1).counts(3);
  AddCounts(begun, &rest);
  EXPECT_EQ(rest.spike_counts(1).counts(3), before + 9);
}

TEST(MotorCountsTest, AreThoseOfBothPlayers) {
  const Match match(kBoth, kRows, 1);
  v1::StepResponse response = Answer();
  response.mutable_spike_counts(1)->set_counts(3, 9);
  const auto counts = MotorCounts(match, response);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ((*counts)[kLeft], std::vector<uint32_t>(kRows, 1));
  EXPECT_EQ((*counts)[kRight][3], 9u);
}

TEST(MotorCountsTest, RefuseAnAnswerOfAnotherShape) {
  const Match match(kBoth, kRows, 1);
  EXPECT_TRUE(absl::IsInternal(MotorCounts(match, Answer(19)).status()));
  EXPECT_TRUE(absl::IsInternal(MotorCounts(match, {}).status()));
}

TEST(MotorCountsTest, RefuseAStepThatWasHalted) {
  const Match match(kBoth, kRows, 1);
  v1::StepResponse response = Answer();
  response.set_halted(true);
  response.set_halt_reason(v1::HALT_REASON_SHUTTING_DOWN);
  response.set_time_ms(1'763'800.3);
  const absl::Status status = MotorCounts(match, response).status();
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(std::string(status.message()),
            "the match was cut short at 1763800.3 ms: the server is shutting down");
}

TEST(MotorCountsTest, TellEveryReasonForAHalt) {
  const Match match(kBoth, kRows, 1);
  std::set<std::string> messages;
  for (int reason = 1; v1::HaltReason_IsValid(reason); ++reason) {
    v1::StepResponse response = Answer();
    response.set_halted(true);
    response.set_halt_reason(static_cast<v1::HaltReason>(reason));
    const std::string message(MotorCounts(match, response).status().message());
    EXPECT_THAT(message, testing::Not(testing::HasSubstr("does not say why"))) << reason;
    EXPECT_TRUE(messages.insert(message).second) << message;
  }
  EXPECT_GE(messages.size(), 6u);
}

TEST(PlayerWeightsTest, AreSquareMatrices) {
  const Match match(kBoth, 2, 1);
  v1::StepResponse response;
  response.set_time_ms(200.0);
  for (int k = 0; k < 2; ++k) {
    v1::Weights& weights = *response.add_weights();
    weights.mutable_shape()->set_rows(2);
    weights.mutable_shape()->set_columns(2);
    for (int index = 0; index < 4; ++index) weights.add_weights(1300.0 + index);
  }
  const auto weights = PlayerWeights(match, response);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ((*weights)[kRight].at(1, 0), 1302.0);
  EXPECT_EQ((*weights)[kRight].time_ms, 200.0);

  response.mutable_weights(1)->mutable_weights()->RemoveLast();
  EXPECT_TRUE(absl::IsInternal(PlayerWeights(match, response).status()));
}

}  // namespace
}  // namespace spiked::pong
