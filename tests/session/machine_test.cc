#include "server/session/machine.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/error.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(MachineTest, TheSmallNetworkIsAlive) {
  // Else the other tests would show little.
  TestMachine machine;
  v1::StepResponse response;
  ASSERT_TRUE(Step(*machine, FullStep(), &response).ok());
  EXPECT_EQ(response.time_ms(), 60);
  EXPECT_FALSE(response.halted());
  EXPECT_GT(response.spikes(0).times_ms_size(), 4);
  EXPECT_THAT(response.spikes(1).senders(), ElementsAre(0, 1, 0, 0, 2));
  EXPECT_THAT(response.weights(0).weights(), SizeIs(12));
  EXPECT_EQ(response.weights(0).shape().rows(), 3u);
  EXPECT_EQ(response.weights(0).shape().columns(), 4u);
  EXPECT_THAT(response.weights(1).weights(), SizeIs(8));
  EXPECT_THAT(response.weights(1).sources(), SizeIs(8));
  EXPECT_THAT(response.weights(1).targets(), SizeIs(8));
  EXPECT_THAT(response.signals(0).times_ms(), SizeIs(20));
  EXPECT_THAT(response.signals(0).signals(0).values(), SizeIs(80));
}

TEST(MachineTest, EqualSeedsAndCommandsGiveEqualResults) {
  TestMachine one, other;
  EXPECT_EQ(Future(*one), Future(*other));
}

TEST(MachineTest, SpikeCountsAreThoseOfTheStep) {
  TestMachine machine;
  v1::StepResponse response;
  ASSERT_TRUE(Step(*machine, FullStep(), &response).ok());
  std::vector<uint32_t> counts(4);
  for (const uint32_t sender : response.spikes(0).senders()) ++counts[sender];
  EXPECT_THAT(response.spike_counts(0).counts(), ::testing::ElementsAreArray(counts));
  for (const double time : response.spikes(0).times_ms()) {
    EXPECT_GT(time, 40);
    EXPECT_LE(time, 60);
  }
}

TEST(MachineTest, HowAStepIsCutDoesNotMatter) {
  TestMachine whole, cut;
  ASSERT_TRUE(Step(*whole, FullStep()).ok());
  // Pauses wherever it can.
  class Cutter final : public NoStop {
   public:
    bool pause() override { return std::exchange(paused_, !paused_); }
    bool interrupts() override { return true; }
    uint64_t work_between_asks() const override { return 1; }

   private:
    bool paused_ = false;
  } cutter;
  v1::StepResponse response;
  absl::Status status;
  int calls = 1;
  while (!cut->Step(FullStep(), cutter, &response, &status)) ++calls;
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(calls, 10);
  EXPECT_EQ(Future(*whole), Future(*cut));
}

// Says stop at the n-th asking.
class StopAt final : public NoStop {
 public:
  explicit StopAt(uint64_t asking) : asking_(asking) {}
  v1::HaltReason reason() override {
    return asked_ >= asking_ ? v1::HALT_REASON_HALTED : v1::HALT_REASON_UNSPECIFIED;
  }
  bool interrupts() override { return ++asked_ >= asking_; }
  void GiveWay() override { ++asked_; }
  uint64_t work_between_asks() const override { return 1; }

 private:
  const uint64_t asking_;
  uint64_t asked_ = 0;
};

TEST(MachineTest, AHaltedStepCanBeHaltedThereAgain) {
  uint64_t asks = 0;
  const auto halted_future = [&](uint64_t asking) {
    TestMachine machine;
    StopAt stop(asking);
    v1::StepResponse response;
    absl::Status status;
    EXPECT_TRUE(machine->Step(FullStep(), stop, &response, &status));
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(response.halted());
    EXPECT_LT(response.time_ms(), 60);
    asks = machine->asks();
    return Bytes(response) + Future(*machine);
  };
  const std::string future = halted_future(100);
  EXPECT_EQ(asks, 100u);
  EXPECT_EQ(halted_future(asks), future);
  EXPECT_NE(halted_future(asks + 20), future);
}

TEST(MachineTest, AStepThatIsStoppedAtItsRewardsChangesNothing) {
  TestMachine stopped, untouched;
  StopAt stop(1);
  v1::StepResponse response;
  absl::Status status;
  ASSERT_TRUE(stopped->Step(FullStep(), stop, &response, &status));
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  v1::ApplyRewardRequest rewards;
  *rewards.mutable_rewards() = FullStep().rewards();
  v1::ApplyRewardResponse rewarded;
  StopAt another(1);
  ASSERT_TRUE(stopped->ApplyReward(rewards, another, &rewarded, &status));
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Future(*stopped), Future(*untouched));
}

TEST(MachineTest, ABuildThatIsStoppedLeavesNoNetwork) {
  v1::CreateNetworkRequest request = SmallNetwork();
  request.set_network("another");
  bool built = false;
  int stops = 0;
  for (uint64_t asking = 1; !built; asking += 7) {
    TestMachine machine, untouched;
    StopAt stop(asking);
    v1::CreateNetworkResponse response;
    const absl::Status status = machine->CreateNetwork(request, stop, &response);
    built = status.ok();
    if (built) break;
    ++stops;
    ASSERT_EQ(status.code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(machine->NetworkNames(), untouched->NetworkNames());
    EXPECT_EQ(Future(*machine), Future(*untouched));
  }
  EXPECT_GT(stops, 3);
}

TEST(MachineTest, AStepEqualsItsPartsOneByOne) {
  TestMachine at_once, parts;
  v1::StepResponse step;
  ASSERT_TRUE(Step(*at_once, FullStep(), &step).ok());

  v1::ApplyRewardRequest reward;
  *reward.mutable_rewards() = FullStep().rewards();
  v1::ApplyRewardResponse rewarded;
  ASSERT_TRUE(ApplyReward(*parts, reward, &rewarded).ok());
  EXPECT_EQ(rewarded.time_ms(), 40);
  v1::SetInputRequest input;
  *input.mutable_inputs() = FullStep().inputs();
  v1::SetInputResponse set;
  ASSERT_TRUE(parts->SetInput(input, &set).ok());
  EXPECT_EQ(set.time_ms(), 40);
  ASSERT_TRUE(Step(*parts, Parse<v1::StepRequest>("duration_ms: 20")).ok());

  v1::GetSpikesResponse spikes;
  ASSERT_TRUE(
      parts->GetSpikes(Parse<v1::GetSpikesRequest>("population: 'net/out' after_ms: 40"), &spikes)
          .ok());
  EXPECT_EQ(Bytes(spikes.spikes()), Bytes(step.spikes(0)));
  v1::GetWeightsResponse weights;
  ASSERT_TRUE(
      parts->GetWeights(Parse<v1::GetWeightsRequest>("projection: 'net/plastic'"), &weights).ok());
  EXPECT_EQ(Bytes(weights.weights()), Bytes(step.weights(1)));
  v1::GetSignalsResponse signals;
  ASSERT_TRUE(parts
                  ->GetSignals(Parse<v1::GetSignalsRequest>("multimeter: 'net/meter' after_ms: 40"),
                               &signals)
                  .ok());
  EXPECT_EQ(Bytes(signals.signals()), Bytes(step.signals(0)));
  EXPECT_EQ(Future(*at_once), Future(*parts));
}

TEST(MachineTest, ARewardChangesTheWeightsOfItsTargetOnly) {
  TestMachine machine, twin;
  v1::StepResponse before, after;
  const auto look = Parse<v1::StepRequest>(
      "duration_ms: 0 readout { weights: 'net/rewarded' weights: "
      "'net/plastic' }");
  ASSERT_TRUE(Step(*machine, look, &before).ok());
  v1::ApplyRewardResponse response;
  const auto request = Parse<v1::ApplyRewardRequest>("rewards { target: 'net/rewarded' value: 1 }");
  ASSERT_TRUE(ApplyReward(*machine, request, &response).ok());
  ASSERT_TRUE(Step(*machine, look, &after).ok());
  EXPECT_NE(Bytes(before.weights(0)), Bytes(after.weights(0)));
  EXPECT_EQ(Bytes(before.weights(1)), Bytes(after.weights(1)));
}

TEST(MachineTest, RelativeTimesCountFromNow) {
  TestMachine relative, absolute;
  v1::StepRequest request = FullStep();
  for (v1::Input& input : *request.mutable_inputs()) {
    input.set_relative(false);
    if (input.has_spike_trains()) {
      for (double& ms : *input.mutable_spike_trains()->mutable_times_ms()) ms += 40;
    } else if (input.has_current_steps()) {
      for (double& ms : *input.mutable_current_steps()->mutable_times_ms()) ms += 40;
    } else {
      auto& parameters = *input.mutable_device_parameters()->mutable_parameters();
      parameters["start"].set_number(parameters["start"].number() + 40);
      parameters["stop"].set_number(parameters["stop"].number() + 40);
    }
  }
  ASSERT_TRUE(Step(*relative, FullStep()).ok());
  ASSERT_TRUE(Step(*absolute, request).ok());
  EXPECT_EQ(Future(*relative), Future(*absolute));
}

// The same window thrice: from an origin that counts from now, from now on, and
// from the beginning.
TEST(MachineTest, AnOriginThatIsGivenCountsFromNow) {
  const auto window = [](bool relative, double start, double stop, double origin) {
    auto input = Parse<v1::Input>("population: 'net/dc'");
    input.set_relative(relative);
    auto& parameters = *input.mutable_device_parameters()->mutable_parameters();
    parameters["amplitude"].set_number(300);
    parameters["start"].set_number(start);
    parameters["stop"].set_number(stop);
    if (origin >= 0) parameters["origin"].set_number(origin);
    return input;
  };
  const auto future_with = [](const std::vector<v1::Input>& inputs) {
    TestMachine machine;
    for (const v1::Input& input : inputs) {
      v1::StepRequest request;
      request.set_duration_ms(0);
      *request.add_inputs() = input;
      EXPECT_TRUE(Step(*machine, request).ok());
    }
    return Future(*machine);
  };
  const auto expected = future_with({window(false, 44, 52, 0)});
  EXPECT_EQ(future_with({window(true, 1, 9, 3)}), expected);
  EXPECT_EQ(future_with({window(true, 4, 12, -1)}), expected);
  // Of an origin from before nothing is left.
  EXPECT_EQ(future_with({window(false, 1, 2, 5), window(true, 4, 12, -1)}), expected);
  EXPECT_NE(future_with({window(true, 1, 9, -1)}), expected);
}

TEST(MachineTest, NewInputReplacesWhatLayAhead) {
  TestMachine machine;
  const auto spikes_of_relay = [&](const char* step) {
    v1::StepResponse response;
    EXPECT_TRUE(Step(*machine, Parse<v1::StepRequest>(step), &response).ok());
    return response.spikes(0);
  };
  const auto first = spikes_of_relay(R"pb(
    inputs {
      population: "net/input"
      relative: true
      spike_trains {
        senders: [ 0, 0 ]
        times_ms: [ 1, 30 ]
      }
    }
    duration_ms: 10
    readout { spikes: "net/relay" })pb");
  EXPECT_THAT(first.times_ms(), ElementsAre(42));
  const auto second = spikes_of_relay(R"pb(
    inputs {
      population: "net/input"
      relative: true
      spike_trains { senders: 2 times_ms: 5 }
    }
    duration_ms: 40
    readout { spikes: "net/relay" })pb");
  EXPECT_THAT(second.times_ms(), ElementsAre(56));
  EXPECT_THAT(second.senders(), ElementsAre(2));
}

TEST(MachineTest, AnExpectedTimeThatHoldsIsAccepted) {
  TestMachine machine;
  v1::StepResponse response;
  ASSERT_TRUE(
      Step(*machine, Parse<v1::StepRequest>("expected_time_ms: 40 duration_ms: 0.1"), &response)
          .ok());
  EXPECT_EQ(response.time_ms(), 40.1);
  EXPECT_TRUE(
      Step(*machine, Parse<v1::StepRequest>("expected_time_ms: 40.1 duration_ms: 0.2")).ok());
}

TEST(MachineTest, AStepOfNoTimeReadsOut) {
  TestMachine machine;
  v1::StepRequest request = FullStep();
  request.set_duration_ms(0);
  v1::StepResponse response;
  ASSERT_TRUE(Step(*machine, request, &response).ok());
  EXPECT_EQ(response.time_ms(), 40);
  EXPECT_THAT(response.spike_counts(0).counts(), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(response.spikes(0).times_ms(), SizeIs(0));
  EXPECT_THAT(response.weights(0).weights(), SizeIs(12));
}

TEST(MachineTest, ValidateOnlyTellsTheSizeAndBuildsNothing) {
  TestMachine machine;
  const uint64_t memory = machine.budget().taken();
  auto request = Parse<v1::CreateNetworkRequest>("network: 'p' preset { name: 'pong/dopamine' }");
  request.set_validate_only(true);
  v1::CreateNetworkResponse checked, built;
  ASSERT_TRUE(machine->CreateNetwork(request, Unstopped(), &checked).ok());
  EXPECT_EQ(machine.budget().taken(), memory);
  EXPECT_EQ(machine->simulation().networks().size(), 1u);
  request.set_validate_only(false);
  ASSERT_TRUE(machine->CreateNetwork(request, Unstopped(), &built).ok());
  EXPECT_GT(machine.budget().taken(), memory);
  EXPECT_EQ(checked.network().size().neurons(), built.network().size().neurons());
  EXPECT_EQ(checked.network().size().synapses(), built.network().size().synapses());
  EXPECT_EQ(built.network().size().neurons(), 20u * 3 + 8 * 3 + 2);
  EXPECT_EQ(built.network().create_time_ms(), 40);
  EXPECT_FALSE(built.network().has_specification());
}

TEST(MachineTest, GetNetworkTellsDefaultsAndBuildsTheSameAgain) {
  TestMachine machine;
  v1::GetNetworkResponse response;
  ASSERT_TRUE(machine->GetNetwork(Parse<v1::GetNetworkRequest>("network: 'net'"), &response).ok());
  const auto& specification = response.network().specification();
  EXPECT_EQ(specification.populations(2).parameters().at("C_m").number(), 250);
  EXPECT_EQ(specification.populations(2).record_limit(), 0u);
  EXPECT_EQ(specification.projections(0).synapse_model(), "static_synapse");
  EXPECT_EQ(specification.projections(0).delay_ms().number(), 1);
  EXPECT_EQ(specification.multimeters(0).record_limit(), 0u);

  const auto run = [](const v1::NetworkSpecification& specification) {
    MemoryBudget budget(uint64_t{1} << 30);
    Machine machine("test", 0.1, 7, Limits{}, &budget);
    v1::CreateNetworkRequest request;
    request.set_network("net");
    *request.mutable_specification() = specification;
    v1::CreateNetworkResponse created;
    EXPECT_TRUE(machine.CreateNetwork(request, Unstopped(), &created).ok());
    return Future(machine);
  };
  EXPECT_EQ(run(specification), run(SmallNetwork().specification()));
}

TEST(MachineTest, SetWeightsTakesANumberForAllOrOneForEach) {
  TestMachine machine;
  const auto weights = [&] {
    v1::GetWeightsResponse response;
    EXPECT_TRUE(
        machine->GetWeights(Parse<v1::GetWeightsRequest>("projection: 'net/rewarded'"), &response)
            .ok());
    return std::vector<double>(response.weights().weights().begin(),
                               response.weights().weights().end());
  };
  v1::SetWeightsResponse response;
  auto request = Parse<v1::SetWeightsRequest>("projection: 'net/rewarded' weights { number: 3 }");
  ASSERT_TRUE(machine->SetWeights(request, Unstopped(), &response).ok());
  EXPECT_EQ(response.time_ms(), 40);
  EXPECT_THAT(weights(), Each(3.0));
  auto* list = request.mutable_weights()->mutable_list();
  for (int k = 0; k < 12; ++k) list->add_values(k);
  ASSERT_TRUE(machine->SetWeights(request, Unstopped(), &response).ok());
  EXPECT_THAT(weights(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST(MachineTest, AReadoutThatCannotFitIsRefusedBeforeTheStep) {
  MemoryBudget budget(uint64_t{8} << 30);
  Machine machine("test", 0.1, 7, Limits{}, &budget);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(
      machine
          .CreateNetwork(
              Parse<v1::CreateNetworkRequest>(R"pb(
                network: "n"
                specification {
                  populations { name: "p" model: "iaf_psc_exp" size: 1000 record_spikes: true }
                  projections {
                    name: "c"
                    source: "p"
                    target: "p"
                    rule { all_to_all {} }
                    weight { number: 0 }
                  }
                  multimeters { name: "m" population: "p" variables: "V_m" }
                })pb"),
              Unstopped(), &created)
          .ok());
  const auto refused = [&](const std::string& readout) {
    const absl::Status status =
        Step(machine, Parse<v1::StepRequest>("duration_ms: 600 readout { " + readout + " }"));
    EXPECT_EQ(machine.simulation().now(), 0);
    EXPECT_EQ(engine::ReasonOf(status), "READOUT_TOO_LARGE") << status;
    return engine::FieldOf(status).value_or("");
  };
  EXPECT_EQ(refused("weights: 'n/c'"), "readout.weights[0]");
  EXPECT_EQ(refused("signals: 'n/m'"), "readout.signals[0]");
  std::string counts;
  for (int k = 0; k < 450; ++k) counts += "spike_counts: 'n/p' ";
  EXPECT_TRUE(absl::StrContains(refused(counts), "readout.spike_counts[3"));
  EXPECT_TRUE(Step(machine, Parse<v1::StepRequest>(
                                "duration_ms: 400 readout { signals: 'n/m' spikes: 'n/p' }"))
                  .ok());
}

TEST(MachineTest, OfTooManySpikesAStepReturnsTheLatestOfAllPopulationsAndSaysSo) {
  MemoryBudget budget(uint64_t{8} << 30);
  Machine machine("test", 0.1, 7, Limits{}, &budget);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(
      machine
          .CreateNetwork(
              Parse<v1::CreateNetworkRequest>(R"pb(
                network: "n"
                specification {
                  populations { name: "g" model: "spike_generator" size: 1 }
                  populations {
                    name: "p"
                    model: "parrot_neuron"
                    size: 100
                    record_spikes: true
                    record_limit: 1000000
                  }
                  populations { name: "one" model: "parrot_neuron" size: 1 record_spikes: true }
                  projections {
                    name: "c"
                    source: "g"
                    target: "p"
                    rule { all_to_all {} }
                  }
                  projections {
                    name: "c1"
                    source: "g"
                    target: "one"
                    rule { all_to_all {} }
                  }
                })pb"),
              Unstopped(), &created)
          .ok());
  // 100 relays repeat 5,000 stamps: 500,000 spikes of 13 bytes at most.
  v1::StepRequest request;
  request.set_duration_ms(600);
  request.mutable_readout()->add_spikes("n/p");
  request.mutable_readout()->add_spikes("n/one");
  v1::Input* input = request.add_inputs();
  input->set_population("n/g");
  for (int k = 1; k <= 5000; ++k) {
    input->mutable_spike_trains()->add_senders(0);
    input->mutable_spike_trains()->add_times_ms(k / 10.0);
  }
  v1::StepResponse response;
  ASSERT_TRUE(Step(machine, request, &response).ok());
  EXPECT_LT(response.ByteSizeLong(), kMaxReplyBytes);
  const v1::Spikes& spikes = response.spikes(0);
  EXPECT_GT(spikes.times_ms_size(), 300'000);
  EXPECT_LT(spikes.times_ms_size(), 500'000);
  EXPECT_EQ(*spikes.times_ms().rbegin(), 501);
  EXPECT_GT(spikes.times_ms(0), spikes.complete_after_ms());
  EXPECT_EQ(spikes.times_ms_size(), std::lround((501 - spikes.complete_after_ms()) * 10) * 100);
  EXPECT_EQ(spikes.dropped(), 500'000u - static_cast<uint64_t>(spikes.times_ms_size()));
  // The second population has lost the same span of time, and no more.
  const v1::Spikes& one = response.spikes(1);
  EXPECT_EQ(one.complete_after_ms(), spikes.complete_after_ms());
  EXPECT_EQ(one.times_ms_size() * 100, spikes.times_ms_size());
  EXPECT_EQ(one.dropped() * 100, spikes.dropped());
}

TEST(MachineTest, LargeInputsAreChargedAndRefusedWhereTheyDoNotFit) {
  TestMachine machine({}, uint64_t{40} << 20);
  const uint64_t before = machine.budget().taken();
  v1::SetInputRequest request;
  v1::Input* input = request.add_inputs();
  input->set_population("net/input");
  const auto fill = [&](int spikes) {
    auto* trains = input->mutable_spike_trains();
    trains->mutable_senders()->Resize(spikes, 0);
    trains->mutable_times_ms()->Resize(spikes, 50);
  };
  v1::SetInputResponse response;
  fill(100'000);
  ASSERT_TRUE(machine->SetInput(request, &response).ok());
  EXPECT_GE(machine.budget().taken(), before + 100'000 * 24);
  fill(1'000'000);
  EXPECT_EQ(QuotaOf(machine->SetInput(request, &response)), "memory_bytes");
  EXPECT_FALSE(machine->failed());
  fill(10);
  EXPECT_TRUE(machine->SetInput(request, &response).ok());
}

TEST(MachineTest, RecordingsTakeWhatTheyHoldWhateverTheirLimit) {
  MemoryBudget budget(uint64_t{64} << 20);
  Machine machine("test", 0.1, 7, Limits{}, &budget);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(machine
                  .CreateNetwork(Parse<v1::CreateNetworkRequest>(R"pb(
                                   network: "n"
                                   specification {
                                     populations {
                                       name: "p"
                                       model: "iaf_psc_exp"
                                       size: 10
                                       record_spikes: true
                                       record_limit: 300000000
                                     }
                                   })pb"),
                                 Unstopped(), &created)
                  .ok());
  EXPECT_LT(budget.taken(), 1u << 20);
  EXPECT_EQ(machine.memory_bytes(), budget.taken());
}

TEST(MachineTest, WhatASessionTakesIsGivenBack) {
  MemoryBudget budget(uint64_t{64} << 20);
  {
    Machine machine("test", 0.1, 7, Limits{}, &budget);
    v1::CreateNetworkResponse created;
    ASSERT_TRUE(machine.CreateNetwork(SmallNetwork(), Unstopped(), &created).ok());
    ASSERT_TRUE(Step(machine, FullStep()).ok());
    EXPECT_GE(budget.taken(), machine.size().bytes);
  }
  EXPECT_EQ(budget.taken(), 0u);
}

}  // namespace
}  // namespace spiked::session
