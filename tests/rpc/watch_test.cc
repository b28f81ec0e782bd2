// Watching a session that somebody else drives, over real gRPC.
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

using session::Bytes;
using session::FullStep;
using session::Parse;
using ::testing::ElementsAreArray;
using ::testing::SizeIs;

// Somebody with a connection of their own who watches.
class Watcher {
 public:
  Watcher(const std::string& address, const std::string& session, const v1::Readout& readout,
          double rate_hz = 50, std::chrono::system_clock::time_point deadline = Never())
      : stubs_(address) {
    context_.set_deadline(deadline);
    request_.set_session(session);
    *request_.mutable_readout() = readout;
    request_.set_max_rate_hz(rate_hz);
    reader_ = stubs_.simulation->WatchSession(&context_, request_);
  }
  ~Watcher() {
    if (reader_ == nullptr) return;
    context_.TryCancel();
    Finish();
  }

  // The next frame.
  v1::WatchSessionResponse Read() {
    v1::WatchSessionResponse frame;
    EXPECT_TRUE(reader_->Read(&frame));
    return frame;
  }
  // Reads on to its end.
  grpc::Status Finish() {
    v1::WatchSessionResponse frame;
    while (reader_->Read(&frame)) {
    }
    return std::exchange(reader_, nullptr)->Finish();
  }

 private:
  static std::chrono::system_clock::time_point Never() {
    return std::chrono::system_clock::time_point::max();
  }

  Stubs stubs_;
  grpc::ClientContext context_;
  v1::WatchSessionRequest request_;
  std::unique_ptr<grpc::ClientReader<v1::WatchSessionResponse>> reader_;
};

class WatchTest : public RpcTest {
 protected:
  v1::StepResponse Step(const std::string& session, const v1::StepRequest& step = FullStep()) {
    v1::StepRequest request = step;
    request.set_session(session);
    v1::StepResponse response;
    const grpc::Status status = Call(stub(), &Simulation::Step, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // Waits until nobody uses it.
  void ExpectUnused(const std::string& session) {
    const auto deadline = session::Clock::now() + std::chrono::seconds(30);
    while (Describe(session).uses_size() > 0 && session::Clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_THAT(Describe(session).uses(), SizeIs(0));
  }
};

TEST_F(WatchTest, FramesTellEverySpikeOfAClosedLoopOnce) {
  const std::string watched = CreateSession(), alone = CreateSession();
  Watcher watcher(server_->address(), watched, FullStep().readout());
  Watcher other(server_->address(), watched, Parse<v1::Readout>("spikes: '*'"), 20);
  watcher.Read();
  std::vector<double> driven, seen;
  for (int k = 0; k < 300; ++k) {
    const v1::StepResponse step = Step(watched);
    EXPECT_EQ(Bytes(step), Bytes(Step(alone)));
    driven.insert(driven.end(), step.spikes(0).times_ms().begin(), step.spikes(0).times_ms().end());
  }
  for (double time_ms = 0; time_ms < 6000;) {
    const auto frame = watcher.Read();
    EXPECT_EQ(frame.begin_time_ms(), time_ms);
    time_ms = frame.time_ms();
    const auto& times = frame.spikes(0).times_ms();
    seen.insert(seen.end(), times.begin(), times.end());
  }
  EXPECT_THAT(seen, ElementsAreArray(driven));
  DeleteSession(watched);
  DeleteSession(alone);
}

TEST_F(WatchTest, WhoDoesNotReadSlowsNobodyAndIsToldOfWhatTheyMissed) {
  const std::string session = CreateSession();
  auto network = Parse<v1::CreateNetworkRequest>(R"pb(
    network: "big"
    specification {
      populations { name: "a" model: "iaf_psc_exp" size: 300 record_spikes: true }
      projections {
        name: "p"
        source: "a"
        target: "a"
        rule { all_to_all {} }
      }
    })pb");
  network.set_session(session);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(Call(stub(), &Simulation::CreateNetwork, network, &created).ok());
  // Frames of 720 kB fill whatever lies between.
  auto readout = FullStep().readout();
  readout.add_weights("big/p");
  Watcher sleeper(server_->address(), session, readout);
  Watcher reader(server_->address(), session, FullStep().readout());
  std::vector<uint64_t> driven(4), seen(4);
  double now_ms = 0;
  for (double shown_ms = 0; shown_ms < 40 * 20; shown_ms = reader.Read().time_ms()) {
    const v1::StepResponse step = Step(session);
    now_ms = step.time_ms();
    for (int n = 0; n < 4; ++n) driven[n] += step.spike_counts(0).counts(n);
  }
  // It is awake again.
  uint64_t lost = 0;
  for (double time_ms = 0; time_ms < now_ms;) {
    const auto frame = sleeper.Read();
    time_ms = frame.time_ms();
    lost += frame.lost_frames();
    for (int n = 0; n < 4; ++n) seen[n] += frame.spike_counts(0).counts(n);
  }
  EXPECT_GT(lost, 0);
  EXPECT_EQ(seen, driven);
  DeleteSession(session);
}

TEST_F(WatchTest, AWatchEndsWithTheReasonOfItsSessionsEnd) {
  const std::string session = CreateSession();
  Watcher watcher(server_->address(), session, {});
  watcher.Read();
  DeleteSession(session);
  ExpectError(watcher.Finish(), grpc::StatusCode::NOT_FOUND, "NOT_FOUND", "session");

  v1::CreateSessionRequest request;
  request.mutable_ttl()->set_seconds(1);
  v1::CreateSessionResponse created;
  ASSERT_TRUE(Call(stub(), &Simulation::CreateSession, request, &created).ok());
  Watcher other(server_->address(), created.session().name(), {});
  EXPECT_EQ(other.Read().time_ms(), 0);
  ExpectError(other.Finish(), grpc::StatusCode::NOT_FOUND, "SESSION_EXPIRED", "session");
}

TEST_F(WatchTest, ADeadlineEndsTheWatchAlone) {
  const std::string session = CreateSession();
  Watcher watcher(server_->address(), session, {}, 50,
                  std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  ExpectUnused(session);
  EXPECT_EQ(Step(session).time_ms(), 20);
  DeleteSession(session);
}

TEST_F(WatchTest, WhatIsAskedForIsChecked) {
  const std::string session = CreateSession();
  const auto refused = [&](const char* readout, double rate_hz) {
    return Watcher(server_->address(), session, Parse<v1::Readout>(readout), rate_hz).Finish();
  };
  ExpectError(refused("", 100), grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "max_rate_hz");
  ExpectError(refused("spikes: 'net/dc'", 1), grpc::StatusCode::FAILED_PRECONDITION, "NOT_RECORDED",
              "readout.spikes[0]");
  ExpectError(refused("weights: 'no/net'", 1), grpc::StatusCode::NOT_FOUND, "NOT_FOUND",
              "readout.weights[0]");
  DeleteSession(session);
}

TEST_F(WatchTest, SilentWatchersHoldNoThread) {
  const std::string session = CreateSession();
  const auto threads = [] {
    const auto tasks =
        std::filesystem::directory_iterator(absl::StrCat("/proc/", server_->pid(), "/task"));
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads();
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int k = 0; k < 100; ++k) {
    watchers.push_back(std::make_unique<Watcher>(server_->address(), session,
                                                 Parse<v1::Readout>("spikes: '*'"), 0.01));
    watchers.back()->Read();
  }
  ASSERT_EQ(Describe(session).uses_size(), 1);
  EXPECT_EQ(Describe(session).uses(0).watches(), 100);
  EXPECT_LT(threads(), before + 20);
  EXPECT_EQ(Step(session).time_ms(), 20);
  watchers.clear();
  ExpectUnused(session);
  DeleteSession(session);
}

}  // namespace
}  // namespace spiked::rpc
