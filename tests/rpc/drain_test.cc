// How a server stops: in two phases, or at once.
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/rpc/fixtures.h"
#include "tests/support/server_process.h"

namespace spiked::rpc {
namespace {

using ::testing::HasSubstr;
using Health = grpc::health::v1::HealthCheckResponse;
using Simulation = v1::SimulationService::Stub;

constexpr double kDayMs = 86'400'000;

void ExpectReconnect(const grpc::Status& status) {
  ExpectError(status, grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN", "");
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(), 1);
}

class DrainTest : public ::testing::Test {
 protected:
  void Start(const std::string& drain_timeout_s) {
    server_ = std::make_unique<testing::ServerProcess>(
        std::vector<std::string>{"--drain-timeout-s", drain_timeout_s});
    ASSERT_TRUE(server_->Start().ok());
    stubs_ = std::make_unique<Stubs>(server_->address());
  }
  ~DrainTest() override {
    if (stepper_.joinable()) stepper_.join();
  }

  std::string CreateSession() {
    v1::CreateSessionResponse created;
    EXPECT_TRUE(Call(*stubs_->simulation, &Simulation::CreateSession, {}, &created).ok());
    v1::CreateNetworkRequest network = session::SmallNetwork();
    network.set_session(created.session().name());
    v1::CreateNetworkResponse built;
    EXPECT_TRUE(Call(*stubs_->simulation, &Simulation::CreateNetwork, network, &built).ok());
    return created.session().name();
  }

  // Has a session step for a day of its time, and waits until it does.
  void StepForADay(const std::string& session) {
    stepper_ = std::thread([this, session] {
      v1::StepRequest request;
      request.set_session(session);
      request.set_duration_ms(kDayMs);
      step_status_ = Call(*stubs_->simulation, &Simulation::Step, request, &step_);
    });
    v1::GetSessionRequest request;
    request.set_session(session);
    v1::GetSessionResponse response;
    do {
      ASSERT_TRUE(Call(*stubs_->simulation, &Simulation::GetSession, request, &response).ok());
    } while (response.session().time_ms() == 0);
  }

  void Terminate() {
    kill(server_->pid(), SIGTERM);
    // Its health tells when it drains.
    const auto health = grpc::health::v1::Health::NewStub(NewChannel(server_->address()));
    Health response;
    do {
      ASSERT_TRUE(Call(*health, &grpc::health::v1::Health::Stub::Check, {}, &response).ok());
    } while (response.status() == Health::SERVING);
    EXPECT_EQ(response.status(), Health::NOT_SERVING);
  }

  std::unique_ptr<testing::ServerProcess> server_;
  std::unique_ptr<Stubs> stubs_;
  std::thread stepper_;
  v1::StepResponse step_;
  grpc::Status step_status_;
};

TEST_F(DrainTest, WhatRunsGoesOnAndNothingBegins) {
  Start("600");
  const std::string session = CreateSession();
  StepForADay(session);
  Terminate();
  v1::CreateSessionResponse created;
  grpc::Status refused;
  // Health is the first to know.
  while (refused.ok()) {
    refused = Call(*stubs_->simulation, &Simulation::CreateSession, {}, &created);
  }
  ExpectReconnect(refused);
  v1::GetSpikesRequest read;
  read.set_session(session);
  v1::GetSpikesResponse spikes;
  ExpectReconnect(Call(*stubs_->simulation, &Simulation::GetSpikes, read, &spikes));
  // The step is its client's to end.
  v1::HaltSessionRequest halt;
  halt.set_session(session);
  v1::HaltSessionResponse halted;
  ASSERT_TRUE(Call(*stubs_->simulation, &Simulation::HaltSession, halt, &halted).ok());
  EXPECT_TRUE(halted.stepping());
  stepper_.join();
  ASSERT_TRUE(step_status_.ok()) << step_status_.error_message();
  EXPECT_EQ(step_.halt_reason(), v1::HALT_REASON_HALTED);
  EXPECT_EQ(server_->Stop(), 0);
}

TEST_F(DrainTest, WhatRunsTooLongIsHaltedAndAnswered) {
  Start("0");
  StepForADay(CreateSession());
  EXPECT_EQ(server_->Stop(), 0);
  stepper_.join();
  ASSERT_TRUE(step_status_.ok()) << step_status_.error_message();
  EXPECT_EQ(step_.halt_reason(), v1::HALT_REASON_SHUTTING_DOWN);
  EXPECT_GT(step_.time_ms(), 0);
}

TEST_F(DrainTest, OpenStreamsEndWithAnErrorThatTellsToConnectAgain) {
  Start("600");
  struct Open {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StepStreamRequest, v1::StepStreamResponse>> stream;
  };
  struct Watched {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchSessionResponse>> stream;
  };
  const std::string session = CreateSession();
  std::vector<Open> all(70);
  v1::StepStreamRequest request;
  request.mutable_step()->set_session(session);
  request.mutable_step()->set_duration_ms(1);
  v1::StepStreamResponse response;
  for (Open& open : all) {
    open.stream = stubs_->simulation->StepStream(&open.context);
    ASSERT_TRUE(open.stream->Write(request) && open.stream->Read(&response));
  }
  std::vector<Watched> watching(30);
  v1::WatchSessionRequest watch;
  watch.set_session(session);
  v1::WatchSessionResponse frame;
  for (Watched& one : watching) {
    one.stream = stubs_->simulation->WatchSession(&one.context, watch);
    ASSERT_TRUE(one.stream->Read(&frame));
  }
  // One is in the midst of a step.
  request.mutable_step()->set_duration_ms(kDayMs);
  ASSERT_TRUE(all[0].stream->Write(request));
  v1::GetSessionRequest get;
  get.set_session(session);
  v1::GetSessionResponse now;
  do {
    ASSERT_TRUE(Call(*stubs_->simulation, &Simulation::GetSession, get, &now).ok());
  } while (now.session().time_ms() <= static_cast<double>(all.size()));
  const auto told = std::chrono::steady_clock::now();
  const auto since_ms = [&told] {
    const std::chrono::duration<double, std::milli> passed =
        std::chrono::steady_clock::now() - told;
    return std::to_string(passed.count());
  };
  kill(server_->pid(), SIGTERM);
  for (size_t k = 1; k < all.size(); ++k) {
    EXPECT_FALSE(all[k].stream->Read(&response));
    ExpectReconnect(all[k].stream->Finish());
  }
  RecordProperty("silent_streams_ended_ms", since_ms());
  // Who watches sees how the step goes on.
  ASSERT_TRUE(watching[0].stream->Read(&frame));
  while (frame.time_ms() <= now.session().time_ms()) {
    ASSERT_TRUE(watching[0].stream->Read(&frame));
  }
  v1::HaltSessionRequest halt;
  halt.set_session(session);
  v1::HaltSessionResponse halted;
  ASSERT_TRUE(Call(*stubs_->simulation, &Simulation::HaltSession, halt, &halted).ok());
  ASSERT_TRUE(all[0].stream->Read(&response));
  EXPECT_EQ(response.step().halt_reason(), v1::HALT_REASON_HALTED);
  EXPECT_FALSE(all[0].stream->Read(&response));
  ExpectReconnect(all[0].stream->Finish());
  for (Watched& one : watching) {
    while (one.stream->Read(&frame)) {
    }
    ExpectReconnect(one.stream->Finish());
  }
  EXPECT_EQ(server_->Stop(), 0);
  RecordProperty("server_ended_ms", since_ms());
}

TEST_F(DrainTest, ASecondSignalEndsItAtOnce) {
  Start("600");
  StepForADay(CreateSession());
  Terminate();
  kill(server_->pid(), SIGTERM);
  EXPECT_EQ(server_->Stop(), 0);
  EXPECT_THAT(server_->Log(), HasSubstr("ended at once on a further signal"));
  stepper_.join();
  EXPECT_EQ(step_status_.error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace spiked::rpc
