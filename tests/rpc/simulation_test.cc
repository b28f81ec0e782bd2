// Unary calls against a real server.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

using session::Bytes;
using session::FullStep;
using session::Parse;

class SimulationTest : public RpcTest {
 protected:
  static v1::StepRequest LongStep(const std::string& name) {
    v1::StepRequest request;
    request.set_session(name);
    request.set_duration_ms(86'400'000);
    return request;
  }
};

TEST_F(SimulationTest, AStepAnswersAsTheSameCommandInProcess) {
  const std::string name = CreateSession();
  v1::StepRequest request = FullStep();
  request.set_session(name);
  v1::StepResponse response, expected;
  ASSERT_TRUE(Call(stub(), &Simulation::Step, request, &response).ok());
  session::MemoryBudget budget(uint64_t{1} << 30);
  session::Machine machine("test", 0.1, 7, {}, &budget);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(machine.CreateNetwork(session::SmallNetwork(), session::Unstopped(), &created).ok());
  ASSERT_TRUE(session::Step(machine, FullStep(), &expected).ok());
  EXPECT_EQ(Bytes(response), Bytes(expected));
  DeleteSession(name);
}

TEST_F(SimulationTest, HaltEndsAStepWhichTellsHowFarItCame) {
  const std::string name = CreateSession();
  v1::StepResponse response;
  grpc::Status status;
  std::thread stepper([&] { status = Call(stub(), &Simulation::Step, LongStep(name), &response); });
  WaitForTime(name, 0);
  EXPECT_EQ(Describe(name).state(), v1::SESSION_STATE_BUSY);
  EXPECT_TRUE(Halt(name));
  stepper.join();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.halted());
  EXPECT_GT(response.time_ms(), 0);
  EXPECT_EQ(Describe(name).time_ms(), response.time_ms());
  DeleteSession(name);
}

TEST_F(SimulationTest, ADeadlineEndsAStepWhoseTimeStays) {
  const std::string name = CreateSession();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  v1::StepResponse response;
  const grpc::Status status = stub().Step(&context, LongStep(name), &response);
  // The server's answer may be faster than the client's own clock.
  if (status.ok()) {
    EXPECT_EQ(response.halt_reason(), v1::HALT_REASON_DEADLINE);
  } else {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  // The server stops, too, and the session goes on from there.
  v1::StepResponse next;
  ASSERT_TRUE(Call(stub(), &Simulation::Step,
                   Parse<v1::StepRequest>("session: '" + name + "' duration_ms: 1"), &next)
                  .ok());
  EXPECT_GT(next.time_ms(), 1);
  EXPECT_FALSE(next.halted());
  DeleteSession(name);
}

TEST_F(SimulationTest, CancellationEndsAStep) {
  const std::string name = CreateSession();
  grpc::ClientContext context;
  v1::StepResponse response;
  grpc::Status status;
  std::thread stepper([&] { status = stub().Step(&context, LongStep(name), &response); });
  WaitForTime(name, 0);
  context.TryCancel();
  stepper.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  v1::StepResponse next;
  EXPECT_TRUE(Call(stub(), &Simulation::Step,
                   Parse<v1::StepRequest>("session: '" + name + "' duration_ms: 1"), &next)
                  .ok());
  DeleteSession(name);
}

TEST_F(SimulationTest, AStepWhileSteppingWaitsItsTurn) {
  const std::string name = CreateSession();
  v1::StepResponse first, second, third;
  grpc::Status statuses[3];
  std::thread stepper(
      [&] { statuses[0] = Call(stub(), &Simulation::Step, LongStep(name), &first); });
  WaitForTime(name, 0);
  std::thread waiting([&] {
    statuses[1] = Call(stub(), &Simulation::Step,
                       Parse<v1::StepRequest>("session: '" + name + "' duration_ms: 5"), &second);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::thread expecting([&] {
    statuses[2] =
        Call(stub(), &Simulation::Step,
             Parse<v1::StepRequest>("session: '" + name + "' duration_ms: 5 expected_time_ms: 0"),
             &third);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(Halt(name));
  stepper.join();
  waiting.join();
  expecting.join();
  EXPECT_TRUE(statuses[0].ok() && first.halted());
  EXPECT_TRUE(statuses[1].ok() && !second.halted());
  EXPECT_NEAR(second.time_ms(), first.time_ms() + 5, 1e-6);
  ExpectError(statuses[2], grpc::StatusCode::ABORTED, "TIME_MISMATCH", "expected_time_ms");
  EXPECT_EQ(Describe(name).time_ms(), second.time_ms());
  DeleteSession(name);
}

TEST_F(SimulationTest, DeletingASessionEndsItsStep) {
  const std::string name = CreateSession();
  v1::StepResponse response;
  grpc::Status status;
  std::thread stepper([&] { status = Call(stub(), &Simulation::Step, LongStep(name), &response); });
  WaitForTime(name, 0);
  DeleteSession(name);
  stepper.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.halted());
}

TEST_F(SimulationTest, PollsAreAnsweredBesideLongSteps) {
  std::vector<std::string> names;
  std::vector<std::thread> steppers;
  for (int k = 0; k < 6; ++k) {
    names.push_back(CreateSession());
    steppers.emplace_back([this, name = names.back()] {
      v1::StepResponse response;
      EXPECT_TRUE(Call(stub(), &Simulation::Step, LongStep(name), &response).ok());
    });
  }
  for (const std::string& name : names) WaitForTime(name, 0);
  const std::string name = CreateSession();
  const auto begin = session::Clock::now();
  for (int k = 0; k < 20; ++k) {
    v1::StepRequest request = FullStep();
    request.set_session(name);
    v1::StepResponse response;
    ASSERT_TRUE(Call(stub(), &Simulation::Step, request, &response).ok());
    EXPECT_FALSE(response.halted());
  }
  EXPECT_LT(session::Clock::now() - begin, std::chrono::seconds(4));
  for (const std::string& other : names) EXPECT_TRUE(Halt(other));
  for (std::thread& stepper : steppers) stepper.join();
  for (const std::string& other : names) DeleteSession(other);
  DeleteSession(name);
}

TEST_F(SimulationTest, SessionsAreListedPageByPage) {
  for (const char* id : {"x1", "x2", "x3"}) CreateSession(id);
  v1::ListSessionsRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  do {
    v1::ListSessionsResponse response;
    ASSERT_TRUE(Call(stub(), &Simulation::ListSessions, request, &response).ok());
    for (const auto& session : response.sessions()) names.push_back(session.name());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ::testing::ElementsAre("sessions/x1", "sessions/x2", "sessions/x3"));
  for (const std::string& name : names) DeleteSession(name);
}

TEST_F(SimulationTest, TheCommandsOneByOneDoWhatAStepDoes) {
  const std::string one = CreateSession(), other = CreateSession();
  v1::StepRequest step = FullStep();
  step.set_session(one);
  v1::StepResponse at_once;
  ASSERT_TRUE(Call(stub(), &Simulation::Step, step, &at_once).ok());

  v1::ApplyRewardRequest reward;
  reward.set_session(other);
  *reward.mutable_rewards() = step.rewards();
  v1::ApplyRewardResponse rewarded;
  ASSERT_TRUE(Call(stub(), &Simulation::ApplyReward, reward, &rewarded).ok());
  v1::SetInputRequest input;
  input.set_session(other);
  *input.mutable_inputs() = step.inputs();
  v1::SetInputResponse set;
  ASSERT_TRUE(Call(stub(), &Simulation::SetInput, input, &set).ok());
  v1::StepResponse stepped;
  ASSERT_TRUE(Call(stub(), &Simulation::Step,
                   Parse<v1::StepRequest>("session: '" + other + "' duration_ms: 20"), &stepped)
                  .ok());
  v1::GetSpikesResponse spikes;
  ASSERT_TRUE(Call(stub(), &Simulation::GetSpikes,
                   Parse<v1::GetSpikesRequest>("session: '" + other + "' population: 'net/out'"),
                   &spikes)
                  .ok());
  EXPECT_EQ(Bytes(spikes.spikes()), Bytes(at_once.spikes(0)));
  v1::GetSignalsResponse signals;
  ASSERT_TRUE(Call(stub(), &Simulation::GetSignals,
                   Parse<v1::GetSignalsRequest>("session: '" + other + "' multimeter: 'net/meter'"),
                   &signals)
                  .ok());
  EXPECT_EQ(Bytes(signals.signals()), Bytes(at_once.signals(0)));
  v1::SetWeightsResponse weights_set;
  ASSERT_TRUE(Call(stub(), &Simulation::SetWeights,
                   Parse<v1::SetWeightsRequest>("session: '" + other +
                                                "' projection: 'net/plastic' weights { number: 2 "
                                                "}"),
                   &weights_set)
                  .ok());
  v1::GetWeightsResponse weights;
  ASSERT_TRUE(
      Call(stub(), &Simulation::GetWeights,
           Parse<v1::GetWeightsRequest>("session: '" + other + "' projection: 'net/plastic'"),
           &weights)
          .ok());
  EXPECT_THAT(weights.weights().weights(), ::testing::Each(2.0));
  v1::GetNetworkResponse network;
  ASSERT_TRUE(Call(stub(), &Simulation::GetNetwork,
                   Parse<v1::GetNetworkRequest>("session: '" + other + "' network: 'net'"),
                   &network)
                  .ok());
  EXPECT_EQ(network.network().specification().populations_size(), 6);
  DeleteSession(one);
  DeleteSession(other);
}

}  // namespace
}  // namespace spiked::rpc
