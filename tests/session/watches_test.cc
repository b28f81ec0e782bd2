// Sessions that are watched: who is shown what, and when.
#include "server/session/watches.h"

#include <cmath>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/address.h"
#include "server/session/registry.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using absl::StatusCode;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

class WatchesTest : public ::testing::Test {
 protected:
  std::shared_ptr<Session> Create(const std::string& id = "s") {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.set_seed(7);
    v1::CreateSessionResponse response;
    EXPECT_TRUE(registry_.Create(request, Anna(), &response).ok());
    auto session = *registry_.Find(SessionName(id));
    v1::CreateNetworkResponse created;
    EXPECT_TRUE(Carry(session, SmallNetwork(), Anna(), &created).ok());
    EXPECT_TRUE(session->Share({{std::string(kEverybody), Right::kWatch}}).ok());
    return session;
  }

  const v1::WatchSessionRequest& Request(double rate_hz = 50) {
    v1::WatchSessionRequest& request = requests_.emplace_back();
    *request.mutable_readout() = FullStep().readout();
    request.set_max_rate_hz(rate_hz);
    return request;
  }

  v1::StepResponse Step(const std::shared_ptr<Session>& session) {
    v1::StepResponse response;
    EXPECT_TRUE(Carry(session, FullStep(), Anna(), &response).ok());
    return response;
  }

  Caller Anna() { return CallerOf(registry_, "anna"); }

  std::deque<v1::WatchSessionRequest> requests_;  // which stay where they are
  Registry registry_{{}, 2};
};

TEST_F(WatchesTest, ASessionAtRestIsShownOnceMoreAndThenNoLonger) {
  const auto session = Create();
  Running watching(session, Request(), CallerOf(registry_, "bert"), nullptr);
  auto frame = watching.Take();
  EXPECT_EQ(frame.time_ms(), 0);
  EXPECT_EQ(frame.state(), v1::SESSION_STATE_IDLE);
  EXPECT_EQ(frame.populations_size(), 2);
  frame = watching.Take();
  EXPECT_EQ(frame.speed(), 0);
  EXPECT_EQ(frame.lost_frames(), 0);
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_FALSE(watching.has_frame());
  // Until something happens.
  const v1::StepResponse step = Step(session);
  frame = watching.Take();
  EXPECT_EQ(frame.time_ms(), 20);
  EXPECT_GT(frame.speed(), 0);
  EXPECT_EQ(frame.lost_frames(), 0);
  EXPECT_EQ(Bytes(frame.spikes(0)), Bytes(step.spikes(0)));
  EXPECT_EQ(watching.Take().speed(), 0);
  watching.Cancel();
  EXPECT_EQ(watching.Join().code(), StatusCode::kCancelled);
}

TEST_F(WatchesTest, ALongStepIsShownWhileItRuns) {
  const auto session = Create();
  Running watching(session, Request(), CallerOf(registry_, "bert"), nullptr);
  watching.Take();
  v1::StepRequest request;
  request.set_duration_ms(86'400'000);
  v1::StepResponse response;
  Running step(session, request, Anna(), &response);
  double time_ms = 0;
  for (int k = 0; k < 5; ++k) {
    const auto frame = watching.Take();
    EXPECT_EQ(frame.begin_time_ms(), time_ms);
    if (frame.time_ms() > time_ms) {
      EXPECT_EQ(frame.state(), v1::SESSION_STATE_BUSY);
      EXPECT_GT(frame.speed(), 0);
    }
    time_ms = frame.time_ms();
  }
  EXPECT_GT(time_ms, 0);
  EXPECT_FALSE(step.done());
  session->Halt();
  ASSERT_TRUE(step.Join().ok());
  // How it has ended is told, too.
  while (time_ms < response.time_ms()) time_ms = watching.Take().time_ms();
  EXPECT_EQ(time_ms, response.time_ms());
  watching.Cancel();
}

TEST_F(WatchesTest, WhoDoesNotTakeFramesIsToldHowManyAreWantingAndMissesNoSpike) {
  const auto session = Create();
  Running watching(session, Request(), CallerOf(registry_, "bert"), nullptr);
  Running other(session, Request(), CallerOf(registry_, "carl"), nullptr);
  watching.Take();
  watching.See();
  std::vector<uint64_t> counts(4);
  // Others are shown it meanwhile.
  for (double shown_ms = 0; shown_ms < 1000; shown_ms = other.Take().time_ms()) {
    const v1::StepResponse step = Step(session);
    for (int n = 0; n < 4; ++n) counts[n] += step.spike_counts(0).counts(n);
  }
  std::vector<uint64_t> told(4);
  uint64_t lost = 0;
  v1::Session description;
  session->Describe(&description);
  for (double time_ms = 0; time_ms < description.time_ms();) {
    const auto frame = watching.Take();
    time_ms = frame.time_ms();
    lost += frame.lost_frames();
    for (int n = 0; n < 4; ++n) told[n] += frame.spike_counts(0).counts(n);
  }
  EXPECT_GT(lost, 0);
  EXPECT_EQ(told, counts);
  // Whoever looks after the server sees it, too.
  EXPECT_GE(registry_.counters().frames_lost(), lost);
  EXPECT_GT(registry_.counters().frames_shown(), 0u);
  EXPECT_EQ(registry_.Observe().watches, 2u);
  watching.Cancel();
  other.Cancel();
}

TEST_F(WatchesTest, AFrameIsMadeOnceForAllWhoWatchTheSame) {
  const auto session = Create();
  auto& spikes = requests_.emplace_back();
  spikes.mutable_readout()->add_spikes("net/out");
  spikes.set_max_rate_hz(50);
  Running one(session, Request(), CallerOf(registry_, "bert"), nullptr);
  Running other(session, Request(), CallerOf(registry_, "carl"), nullptr);
  Running elsewhere(session, spikes, CallerOf(registry_, "dora"), nullptr);
  // Until all have been told of a session at rest, and whatever happens next is shown at once.
  const auto rest = [](std::initializer_list<Running*> all) {
    for (Running* watching : all) {
      v1::WatchSessionResponse frame;
      do {
        frame = watching->Take();
      } while (frame.begin_time_ms() != frame.time_ms());
    }
    std::this_thread::sleep_for(milliseconds(50));
  };
  for (Running* watching : {&one, &other, &elsewhere}) watching->Take();
  for (int k = 0; k < 3; ++k) {
    rest({&one, &other, &elsewhere});
    Step(session);
    const auto frame = one.See();
    EXPECT_EQ(frame.time_ms() - frame.begin_time_ms(), 20);
    EXPECT_EQ(Bytes(frame), Bytes(other.See()));
    EXPECT_EQ(one.written(), other.written());
    EXPECT_EQ(*one.written(), frame.SerializeAsString());
    EXPECT_EQ(elsewhere.See().weights_size(), 0);
    EXPECT_NE(one.written(), elsewhere.written());
    for (Running* watching : {&one, &other, &elsewhere}) watching->Take();
  }
  // Who has not taken one is told of two at once, and shown the same again from then on.
  rest({&one, &other, &elsewhere});
  Step(session);
  one.Take();
  other.See();
  rest({&one});
  Step(session);
  EXPECT_EQ(one.Take().begin_time_ms(), 80);
  EXPECT_EQ(other.Take().time_ms(), 80);
  const auto late = other.Take();
  EXPECT_EQ(late.begin_time_ms(), 80);
  EXPECT_EQ(late.time_ms(), 100);
  rest({&one, &other});
  Step(session);
  EXPECT_EQ(Bytes(one.See()), Bytes(other.See()));
  EXPECT_EQ(one.written(), other.written());
  for (Running* watching : {&one, &other, &elsewhere}) watching->Cancel();
}

TEST_F(WatchesTest, AllWhoWatchAreToldAll) {
  const auto session = Create();
  // Some who watch the same, at once or more seldom, and one who watches something else.
  auto& spikes = requests_.emplace_back();
  spikes.mutable_readout()->add_spikes("net/out");
  spikes.set_max_rate_hz(50);
  std::deque<Running> watching;
  for (const double rate_hz : {50, 50, 50, 20}) {
    watching.emplace_back(session, Request(rate_hz), CallerOf(registry_, "bert"), nullptr);
  }
  watching.emplace_back(session, spikes, CallerOf(registry_, "carl"), nullptr);
  std::vector<std::vector<double>> told(watching.size());
  std::vector<double> time_ms(watching.size());
  const auto take = [&](size_t k) {
    const auto frame = watching[k].Take();
    EXPECT_EQ(frame.begin_time_ms(), time_ms[k]);
    time_ms[k] = frame.time_ms();
    const auto& times = frame.spikes(0).times_ms();
    told[k].insert(told[k].end(), times.begin(), times.end());
  };
  for (size_t k = 0; k < watching.size(); ++k) take(k);
  std::vector<double> happened;
  double end_ms = 0;
  for (int step = 0; step < 100; ++step) {
    const v1::StepResponse response = Step(session);
    const auto& times = response.spikes(0).times_ms();
    happened.insert(happened.end(), times.begin(), times.end());
    end_ms = response.time_ms();
    for (size_t k = 0; k < watching.size(); ++k) {
      // One of them takes frames late.
      if ((k != 1 || step % 10 == 0) && watching[k].has_frame()) take(k);
    }
  }
  for (size_t k = 0; k < watching.size(); ++k) {
    while (time_ms[k] < end_ms) take(k);
    EXPECT_EQ(told[k], happened) << k;
    watching[k].Cancel();
  }
}

TEST_F(WatchesTest, WhoIsNotShownAFrameTakesItFromNobodyElse) {
  const auto session = Create();
  // Before and after those who watch the same, for whom a frame would be made, or is.
  Running forgotten(session, Request(), CallerOf(registry_, "bert"), nullptr);
  access::Account small{.name = "carl"};
  small.quotas.memory_bytes = 8000;
  Running poor(session, Request(), CallerOf(registry_, small), nullptr);
  Running other(session, Request(), CallerOf(registry_, "dora"), nullptr);
  small.name = "erik";
  Running poor_too(session, Request(), CallerOf(registry_, small), nullptr);
  for (Running* watching : {&forgotten, &poor, &other, &poor_too}) watching->Take();
  forgotten.Forget();
  v1::StepRequest request = FullStep();
  request.set_duration_ms(2000);
  v1::StepResponse response;
  ASSERT_TRUE(Carry(session, request, Anna(), &response).ok());
  EXPECT_EQ(forgotten.Join().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(poor.Join().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(poor_too.Join().code(), StatusCode::kResourceExhausted);
  std::vector<double> told;
  for (double time_ms = 0; time_ms < response.time_ms();) {
    const auto frame = other.Take();
    EXPECT_EQ(frame.begin_time_ms(), time_ms);
    time_ms = frame.time_ms();
    told.insert(told.end(), frame.spikes(0).times_ms().begin(), frame.spikes(0).times_ms().end());
  }
  EXPECT_THAT(told, ::testing::ElementsAreArray(response.spikes(0).times_ms()));
  other.Cancel();
}

TEST_F(WatchesTest, WatchedStepsComputeTheSame) {
  const auto watched = Create("watched"), alone = Create("alone");
  Running one(watched, Request(), CallerOf(registry_, "bert"), nullptr);
  Running other(watched, Request(1), CallerOf(registry_, "carl"), nullptr);
  for (int k = 0; k < 200; ++k) {
    if (one.has_frame()) one.Take();
    ASSERT_EQ(Bytes(Step(watched)), Bytes(Step(alone)));
  }
  // In the midst of a step, too.
  const auto long_step = Parse<v1::StepRequest>(R"pb(
    duration_ms: 1000000
    readout { spike_counts: "net/out" weights: "net/rewarded" weights: "net/plastic" })pb");
  v1::StepResponse answers[2];
  {
    Running step(watched, long_step, Anna(), &answers[0]);
    int frames = 0;
    for (; !step.done(); ++frames) one.Take();
    EXPECT_GT(frames, 1);  // one of which may be from before
    ASSERT_TRUE(step.Join().ok());
  }
  ASSERT_TRUE(Carry(alone, long_step, Anna(), &answers[1]).ok());
  EXPECT_EQ(Bytes(answers[0]), Bytes(answers[1]));
  EXPECT_EQ(Bytes(Step(watched)), Bytes(Step(alone)));
  one.Cancel();
  other.Cancel();
}

TEST_F(WatchesTest, AWatchEndsWithItsSession) {
  const auto session = Create();
  Running taking(session, Request(), CallerOf(registry_, "bert"), nullptr);
  Running not_taking(session, Request(), CallerOf(registry_, "carl"), nullptr);
  taking.Take();
  not_taking.See();
  v1::DeleteSessionRequest request;
  request.set_session(session->name());
  v1::DeleteSessionResponse response;
  ASSERT_TRUE(registry_.Delete(session, request, CallerOf(registry_), &response).ok());
  for (Running* watching : {&taking, &not_taking}) {
    EXPECT_EQ(watching->Join().code(), StatusCode::kNotFound);
  }
  Running late(session, Request(), CallerOf(registry_, "bert"), nullptr);
  EXPECT_EQ(late.Join().code(), StatusCode::kNotFound);
}

TEST_F(WatchesTest, WatchingKeepsNoSessionFromExpiring) {
  v1::CreateSessionRequest request;
  request.set_session_id("short");
  request.mutable_ttl()->set_seconds(3600);
  v1::CreateSessionResponse response;
  ASSERT_TRUE(registry_.Create(request, Anna(), &response).ok());
  const auto session = *registry_.Find("sessions/short");
  const v1::WatchSessionRequest watch;
  Running watching(session, watch, Anna(), nullptr);
  watching.Take();
  registry_.DeleteExpired(Clock::now() + std::chrono::hours(2));
  EXPECT_EQ(engine::ReasonOf(watching.Join()), "SESSION_EXPIRED");
}

TEST_F(WatchesTest, WhoMayNotWatchAnyMoreIsShownNothingMore) {
  const auto session = Create();
  ASSERT_TRUE(session->Share({{"bert", Right::kWatch}, {"carl", Right::kDrive}}).ok());
  Running bert(session, Request(), CallerOf(registry_, "bert"), nullptr);
  Running carl(session, Request(), CallerOf(registry_, "carl"), nullptr);
  Running anna(session, Request(), Anna(), nullptr);
  for (Running* watching : {&bert, &carl, &anna}) watching->Take();
  ASSERT_TRUE(session->Share({{"carl", Right::kWatch}}).ok());
  EXPECT_EQ(bert.Join().code(), StatusCode::kPermissionDenied);
  EXPECT_FALSE(carl.done());
  EXPECT_FALSE(anna.done());
  carl.Cancel();
  anna.Cancel();
}

TEST_F(WatchesTest, ASessionTellsWhoUsesIt) {
  const auto session = Create();
  const auto uses = [&] {
    v1::Session message;
    session->DescribeUses(&message);
    std::vector<std::string> uses;
    for (const auto& use : message.uses()) uses.push_back(use.ShortDebugString());
    return uses;
  };
  EXPECT_THAT(uses(), ElementsAre());
  session->Hold("dora");
  Running one(session, Request(), CallerOf(registry_, "bert"), nullptr);
  Running other(session, Request(), CallerOf(registry_, "bert"), nullptr);
  v1::StepRequest request;
  request.set_duration_ms(86'400'000);
  v1::StepResponse response;
  Running step(session, request, Anna(), &response);
  EXPECT_THAT(uses(), ElementsAre("account: \"anna\" commands: 1", "account: \"bert\" watches: 2",
                                  "account: \"dora\" step_streams: 1"));
  one.Cancel();
  other.Cancel();
  session->LetGo("dora");
  while (!session->Halt()) std::this_thread::yield();
  step.Join();
  EXPECT_THAT(uses(), ElementsAre());
}

TEST_F(WatchesTest, TheRateIsBounded) {
  const auto session = Create();
  for (const double rate : {-1., 0.001, 51., 1e300, std::nan("")}) {
    Running watching(session, Request(rate), Anna(), nullptr);
    EXPECT_EQ(engine::FieldOf(watching.Join()), "max_rate_hz") << rate;
  }
}

TEST_F(WatchesTest, WhatCannotBeToldEndsTheWatch) {
  const auto session = Create();
  auto request = Request();
  request.mutable_readout()->add_spikes("net/none");
  Running watching(session, request, Anna(), nullptr);
  EXPECT_EQ(engine::FieldOf(watching.Join()), "readout.spikes[2]");
  EXPECT_EQ(Step(session).time_ms(), 20);
}

}  // namespace
}  // namespace spiked::session
