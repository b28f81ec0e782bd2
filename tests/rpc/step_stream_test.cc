// StepStream against a real server.
#include <memory>
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

// A stream with its context.
struct Stream {
  explicit Stream(v1::SimulationService::Stub& stub) : calls(stub.StepStream(&context)) {}

  bool Step(const v1::StepRequest& step, v1::StepResponse* response) {
    v1::StepStreamRequest request;
    *request.mutable_step() = step;
    if (!calls->Write(request)) return false;
    v1::StepStreamResponse answer;
    if (!calls->Read(&answer)) return false;
    *response = answer.step();
    return true;
  }

  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StepStreamRequest, v1::StepStreamResponse>> calls;
};

class StepStreamTest : public RpcTest {
 protected:
  static v1::StepRequest FullStepOf(const std::string& name) {
    v1::StepRequest request = FullStep();
    request.set_session(name);
    return request;
  }
};

TEST_F(StepStreamTest, AnswersEachStepInOrderAsUnaryStepsAreAnswered) {
  const std::string streamed = CreateSession(), unary = CreateSession();
  Stream stream(stub());
  for (int k = 0; k < 5; ++k) {
    v1::StepResponse one, other;
    // Only the first has to name the session.
    ASSERT_TRUE(stream.Step(FullStepOf(k == 0 ? streamed : ""), &one));
    ASSERT_TRUE(Call(stub(), &Simulation::Step, FullStepOf(unary), &other).ok());
    EXPECT_EQ(one.time_ms(), 20 * (k + 1));
    EXPECT_EQ(Bytes(one), Bytes(other));
  }
  stream.calls->WritesDone();
  EXPECT_TRUE(stream.calls->Finish().ok());
  EXPECT_EQ(stream.context.GetServerInitialMetadata().count("spiked-instance"), 1u);
  DeleteSession(streamed);
  DeleteSession(unary);
}

TEST_F(StepStreamTest, StepsMayBeSentAhead) {
  const std::string name = CreateSession();
  Stream stream(stub());
  v1::StepStreamRequest request;
  *request.mutable_step() = FullStepOf(name);
  for (int k = 0; k < 10; ++k) ASSERT_TRUE(stream.calls->Write(request));
  stream.calls->WritesDone();
  v1::StepStreamResponse response;
  for (int k = 0; k < 10; ++k) {
    ASSERT_TRUE(stream.calls->Read(&response));
    EXPECT_EQ(response.step().time_ms(), 20 * (k + 1));
  }
  EXPECT_FALSE(stream.calls->Read(&response));
  EXPECT_TRUE(stream.calls->Finish().ok());
  DeleteSession(name);
}

TEST_F(StepStreamTest, TheSessionOfTheFirstRequestCannotBeLeft) {
  const std::string one = CreateSession(), other = CreateSession();
  Stream stream(stub());
  v1::StepResponse response;
  ASSERT_TRUE(stream.Step(FullStepOf(one), &response));
  EXPECT_FALSE(stream.Step(FullStepOf(other), &response));
  ExpectError(stream.calls->Finish(), grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
              "step.session");
  EXPECT_EQ(Describe(other).time_ms(), 0);
  DeleteSession(one);
  DeleteSession(other);
}

TEST_F(StepStreamTest, ADeletedSessionEndsTheStream) {
  const std::string name = CreateSession();
  Stream stream(stub());
  v1::StepResponse response;
  ASSERT_TRUE(stream.Step(FullStepOf(name), &response));
  DeleteSession(name);
  EXPECT_FALSE(stream.Step(FullStepOf(name), &response));
  ExpectError(stream.calls->Finish(), grpc::StatusCode::NOT_FOUND, "NOT_FOUND", "step.session");
}

TEST_F(StepStreamTest, AHaltedStepIsAnsweredAndTheStreamGoesOn) {
  const std::string name = CreateSession();
  Stream stream(stub());
  v1::StepRequest endless;
  endless.set_session(name);
  endless.set_duration_ms(86'400'000);
  v1::StepResponse response;
  std::thread stepper([&] { EXPECT_TRUE(stream.Step(endless, &response)); });
  WaitForTime(name, 0);
  EXPECT_TRUE(Halt(name));
  stepper.join();
  EXPECT_TRUE(response.halted());
  const double time = response.time_ms();
  ASSERT_TRUE(stream.Step(FullStepOf(name), &response));
  EXPECT_FALSE(response.halted());
  EXPECT_NEAR(response.time_ms(), time + 20, 1e-6);
  DeleteSession(name);
}

TEST_F(StepStreamTest, AClientThatVanishesEndsItsStep) {
  const std::string name = CreateSession();
  {
    Stream stream(stub());
    v1::StepStreamRequest request;
    request.mutable_step()->set_session(name);
    request.mutable_step()->set_duration_ms(86'400'000);
    ASSERT_TRUE(stream.calls->Write(request));
    WaitForTime(name, 0);
    stream.context.TryCancel();
    stream.calls->Finish();
  }
  v1::StepResponse response;
  EXPECT_TRUE(Call(stub(), &Simulation::Step, FullStepOf(name), &response).ok());
  DeleteSession(name);
}

TEST_F(StepStreamTest, HundredsOfStreamsAtOnceGiveEachTheSameResults) {
  constexpr int kStreams = 300, kSteps = 10;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Stream>> streams;
  for (int k = 0; k < kStreams; ++k) {
    names.push_back(CreateSession());
    streams.push_back(std::make_unique<Stream>(stub()));
  }
  std::vector<std::string> last(kStreams);
  std::vector<std::thread> threads;
  constexpr int kThreads = 16;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int step = 0; step < kSteps; ++step) {
        // All streams of a thread have a step under way at once.
        for (int k = t; k < kStreams; k += kThreads) {
          v1::StepStreamRequest request;
          *request.mutable_step() = FullStepOf(names[k]);
          EXPECT_TRUE(streams[k]->calls->Write(request));
        }
        for (int k = t; k < kStreams; k += kThreads) {
          v1::StepStreamResponse response;
          EXPECT_TRUE(streams[k]->calls->Read(&response));
          EXPECT_EQ(response.step().time_ms(), 20 * (step + 1));
          last[k] = Bytes(response);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(last, ::testing::Each(last[0]));
  for (int k = 0; k < kStreams; ++k) {
    streams[k]->calls->WritesDone();
    EXPECT_TRUE(streams[k]->calls->Finish().ok());
    DeleteSession(names[k]);
  }
}

}  // namespace
}  // namespace spiked::rpc
