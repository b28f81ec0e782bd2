// Sessions under many callers at once.
#include "server/session/session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/address.h"
#include "server/session/error.h"
#include "server/session/registry.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using absl::StatusCode;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

constexpr double kForever = 86'400'000;

bool WaitUntil(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (!condition() && Clock::now() < deadline) std::this_thread::sleep_for(milliseconds(1));
  return condition();
}

class SessionTest : public ::testing::Test {
 protected:
  explicit SessionTest(int workers = 2) : registry_({}, workers) {}

  std::shared_ptr<Session> Create(const std::string& id) {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.set_seed(7);
    v1::CreateSessionResponse response;
    EXPECT_TRUE(registry_.Create(request, Anna(), &response).ok());
    auto session = *registry_.Find(SessionName(id));
    v1::CreateNetworkResponse created;
    EXPECT_TRUE(Carry(session, SmallNetwork(), Anna(), &created).ok());
    return session;
  }

  static v1::Session Describe(const Session& session) {
    v1::Session message;
    session.Describe(&message);
    return message;
  }

  Caller Anna() { return CallerOf(registry_, "anna"); }

  // A step that is under way.
  class RunningStep {
   public:
    RunningStep(const std::shared_ptr<Session>& session, double duration_ms, const Caller& caller)
        : session_(session) {
      request_.set_duration_ms(duration_ms);
      *request_.mutable_readout()->add_spike_counts() = "net/out";
      running_.emplace(session, request_, caller, &response_);
    }

    // Until it has got somewhere.
    void WaitForProgress() {
      const double before = Describe(*session_).time_ms();
      EXPECT_TRUE(WaitUntil([&] { return Describe(*session_).time_ms() > before; }));
    }
    const v1::StepResponse& Join() {
      running_->Join();
      return response_;
    }
    const absl::Status& status() { return running_->Join(); }
    bool done() const { return running_->done(); }
    void Cancel() { running_->Cancel(); }

   private:
    std::shared_ptr<Session> session_;
    v1::StepRequest request_;
    v1::StepResponse response_;
    std::optional<Running> running_;
  };

  static absl::Status Step(const std::shared_ptr<Session>& session, double duration_ms,
                           const Caller& caller, v1::StepResponse* response) {
    v1::StepRequest request;
    request.set_duration_ms(duration_ms);
    return Carry(session, request, caller, response);
  }

  Registry registry_;
};

// With so many synapses that it takes long.
v1::CreateNetworkRequest LargeNetwork() {
  return Parse<v1::CreateNetworkRequest>(R"pb(
    network: "large"
    specification {
      populations { name: "a" model: "parrot_neuron" size: 8000 }
      populations { name: "b" model: "parrot_neuron" size: 8000 }
      projections {
        name: "ab"
        source: "a"
        target: "b"
        rule { all_to_all {} }
        weight { number: 1 }
      }
    }
  )pb");
}

TEST_F(SessionTest, ABuildWhoseCallerHasGoneLeavesNoNetwork) {
  const auto session = Create("s");
  const auto request = LargeNetwork();
  v1::CreateNetworkResponse response;
  Running build(session, request, Anna(), &response);
  ASSERT_TRUE(WaitUntil([&] { return Describe(*session).state() == v1::SESSION_STATE_BUSY; }));
  build.Cancel();
  EXPECT_EQ(build.Join().code(), StatusCode::kCancelled);
  EXPECT_THAT(Describe(*session).networks(), ElementsAre("net"));
  v1::StepResponse stepped;
  EXPECT_TRUE(Step(session, 1, Anna(), &stepped).ok());
}

TEST_F(SessionTest, OfAClosedSessionABuildEndsWithTheReason) {
  const auto session = Create("s");
  const auto request = LargeNetwork();
  v1::CreateNetworkResponse response;
  Running build(session, request, Anna(), &response);
  ASSERT_TRUE(WaitUntil([&] { return Describe(*session).state() == v1::SESSION_STATE_BUSY; }));
  session->Close(v1::HALT_REASON_DELETED, absl::NotFoundError("deleted"));
  EXPECT_EQ(build.Join().code(), StatusCode::kNotFound);
}

TEST_F(SessionTest, HaltEndsTheStepWhichTellsHowFarItCame) {
  const auto session = Create("s");
  EXPECT_FALSE(session->Halt());
  RunningStep step(session, kForever, Anna());
  step.WaitForProgress();
  EXPECT_TRUE(session->Halt());
  ASSERT_TRUE(step.status().ok()) << step.status();
  EXPECT_TRUE(step.Join().halted());
  EXPECT_EQ(step.Join().halt_reason(), v1::HALT_REASON_HALTED);
  EXPECT_GT(step.Join().time_ms(), 0);
  EXPECT_LT(step.Join().time_ms(), kForever);
  EXPECT_EQ(Describe(*session).time_ms(), step.Join().time_ms());
  EXPECT_EQ(step.Join().spike_counts_size(), 1);
  EXPECT_FALSE(session->Halt());
  // The next step knows nothing of it.
  v1::StepResponse next;
  ASSERT_TRUE(Step(session, 20, Anna(), &next).ok());
  EXPECT_FALSE(next.halted());
  EXPECT_EQ(next.halt_reason(), v1::HALT_REASON_UNSPECIFIED);
}

TEST_F(SessionTest, WhatHappensInALongStepIsCountedWhileItRuns) {
  const auto session = Create("s");
  RunningStep step(session, kForever, Anna());
  const Counters& counters = registry_.counters();
  EXPECT_TRUE(WaitUntil([&] { return counters.activity().synaptic_events > 0; }));
  EXPECT_GT(counters.simulated_s(), 0);
  EXPECT_FALSE(step.done());
  session->Halt();
  const double time_ms = step.Join().time_ms();
  EXPECT_DOUBLE_EQ(counters.simulated_s(), 1e-3 * time_ms);
}

TEST_F(SessionTest, ADeadlineEndsTheStep) {
  const auto session = Create("s");
  RunningStep step(session, kForever, CallerOf(registry_, "anna", Clock::now() + milliseconds(50)));
  ASSERT_TRUE(step.status().ok());
  EXPECT_TRUE(step.Join().halted());
  EXPECT_EQ(step.Join().halt_reason(), v1::HALT_REASON_DEADLINE);
  EXPECT_GT(step.Join().time_ms(), 0);
}

TEST_F(SessionTest, CancellationEndsTheStep) {
  const auto session = Create("s");
  RunningStep step(session, kForever, Anna());
  step.WaitForProgress();
  step.Cancel();
  ASSERT_TRUE(step.status().ok());
  EXPECT_TRUE(step.Join().halted());
  EXPECT_EQ(step.Join().halt_reason(), v1::HALT_REASON_CANCELLED);
}

TEST_F(SessionTest, ASessionCanBeDescribedWhileItSteps) {
  const auto session = Create("s");
  RunningStep step(session, kForever, Anna());
  step.WaitForProgress();
  const auto busy = Describe(*session);
  EXPECT_EQ(busy.state(), v1::SESSION_STATE_BUSY);
  EXPECT_THAT(busy.networks(), ElementsAre("net"));
  EXPECT_EQ(busy.size().neurons(), 17u);
  EXPECT_TRUE(WaitUntil([&] { return Describe(*session).time_ms() > busy.time_ms(); }));
  session->Halt();
  step.Join();
  EXPECT_EQ(Describe(*session).state(), v1::SESSION_STATE_IDLE);
}

TEST_F(SessionTest, DeletingASessionStopsItsStepAndSendsThoseWhoWaitAway) {
  const auto session = Create("s");
  RunningStep step(session, kForever, Anna());
  step.WaitForProgress();
  RunningStep waiting(session, 1, Anna());
  std::this_thread::sleep_for(milliseconds(20));
  v1::DeleteSessionRequest request;
  request.set_session("sessions/s");
  v1::DeleteSessionResponse deleted;
  ASSERT_TRUE(registry_.Delete(session, request, Anna(), &deleted).ok());
  ASSERT_TRUE(step.status().ok());
  EXPECT_TRUE(step.Join().halted());
  EXPECT_EQ(step.Join().halt_reason(), v1::HALT_REASON_DELETED);
  EXPECT_EQ(waiting.status().code(), StatusCode::kNotFound);
}

TEST_F(SessionTest, ClosingTheRegistryStopsAllSteps) {
  const auto one = Create("one"), other = Create("other"), third = Create("third");
  RunningStep a(one, kForever, Anna()), b(other, kForever, Anna()), c(third, kForever, Anna());
  a.WaitForProgress();
  b.WaitForProgress();
  c.WaitForProgress();  // two cores for three
  registry_.Close();
  for (RunningStep* step : {&a, &b, &c}) {
    ASSERT_TRUE(step->status().ok()) << step->status();
    EXPECT_TRUE(step->Join().halted());
    EXPECT_EQ(step->Join().halt_reason(), v1::HALT_REASON_SHUTTING_DOWN);
  }
}

TEST_F(SessionTest, CommandsWaitTheirTurnInOrderOfArrival) {
  const auto session = Create("s");
  auto first = std::make_unique<RunningStep>(session, kForever, Anna());
  first->WaitForProgress();
  // Each waits for the one before; the times at which they end tell the order.
  std::vector<std::unique_ptr<RunningStep>> steps;
  for (const double duration : {1.0, 2.0, 4.0}) {
    steps.push_back(std::make_unique<RunningStep>(session, duration, Anna()));
    std::this_thread::sleep_for(milliseconds(30));
  }
  session->Halt();
  double time = first->Join().time_ms();
  for (size_t k = 0; k < steps.size(); ++k) {
    ASSERT_TRUE(steps[k]->status().ok());
    EXPECT_FALSE(steps[k]->Join().halted());
    EXPECT_NEAR(steps[k]->Join().time_ms() - time, 1 << k, 1e-6);
    time = steps[k]->Join().time_ms();
  }
}

TEST_F(SessionTest, WhoWaitsAndGoesLeavesTheSessionUntouched) {
  const auto session = Create("s");
  RunningStep step(session, kForever, Anna());
  step.WaitForProgress();
  v1::StepResponse response;
  v1::StepRequest request;
  request.set_duration_ms(1);
  Running hasty(session, request, Anna(), &response);
  session->Cancel(&hasty, v1::HALT_REASON_DEADLINE);
  EXPECT_EQ(hasty.Join().code(), StatusCode::kDeadlineExceeded);
  RunningStep waiting(session, 1, Anna());
  std::this_thread::sleep_for(milliseconds(20));
  waiting.Cancel();
  EXPECT_EQ(waiting.status().code(), StatusCode::kCancelled);
  session->Halt();
  step.Join();
  EXPECT_EQ(Describe(*session).time_ms(), step.Join().time_ms());
}

TEST_F(SessionTest, NoMoreThanTheLimitMayWait) {
  const auto session = Create("s");
  RunningStep step(session, kForever, Anna());
  step.WaitForProgress();
  const size_t limit = Limits{}.max_waiting_commands;
  std::vector<std::unique_ptr<RunningStep>> others;
  for (size_t k = 0; k < limit + 3; ++k)
    others.push_back(std::make_unique<RunningStep>(session, 1, Anna()));
  const auto done = [&] {
    return std::count_if(others.begin(), others.end(),
                         [](const auto& other) { return other->done(); });
  };
  EXPECT_TRUE(WaitUntil([&] { return done() == 3; }));
  for (const auto& other : others) {
    if (!other->done()) continue;
    EXPECT_EQ(other->status().code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(engine::ReasonOf(other->status()), "SESSION_BUSY");
  }
  session->Halt();
  const double begin = step.Join().time_ms();
  others.clear();
  EXPECT_NEAR(Describe(*session).time_ms() - begin, static_cast<double>(limit), 1e-6);
}

TEST_F(SessionTest, AnExpectedTimeIsCheckedWhenTheTurnHasCome) {
  const auto session = Create("s");
  RunningStep step(session, kForever, Anna());
  step.WaitForProgress();
  std::thread halter([&] {
    std::this_thread::sleep_for(milliseconds(20));
    session->Halt();
  });
  v1::StepResponse response;
  const absl::Status status = Carry(
      session, Parse<v1::StepRequest>("expected_time_ms: 0 duration_ms: 1"), Anna(), &response);
  halter.join();
  EXPECT_EQ(status.code(), StatusCode::kAborted);
  EXPECT_EQ(engine::ReasonOf(status), "TIME_MISMATCH");
  EXPECT_EQ(engine::FieldOf(status), "expected_time_ms");
  EXPECT_EQ(Describe(*session).time_ms(), step.Join().time_ms());
}

class OneCoreTest : public SessionTest {
 protected:
  OneCoreTest() : SessionTest(1) {}
};

TEST_F(OneCoreTest, ShortStepsGetTheirTurnBesideEndlessOnes) {
  const auto endless = Create("endless"), other = Create("other"), short_one = Create("short");
  RunningStep first(endless, kForever, Anna()), second(other, kForever, Anna());
  first.WaitForProgress();
  second.WaitForProgress();
  const auto begin = Clock::now();
  constexpr int kPolls = 20;
  for (int k = 0; k < kPolls; ++k) {
    v1::StepResponse response;
    ASSERT_TRUE(Step(short_one, 20, CallerOf(registry_, "ben"), &response).ok());
    EXPECT_FALSE(response.halted());
  }
  // A slice is 2 ms long; be generous to slow machines and sanitizers.
  EXPECT_LT(Clock::now() - begin, kPolls * milliseconds(100));
  first.WaitForProgress();
  second.WaitForProgress();
  endless->Halt();
  other->Halt();
}

// Neurons that fire in every step, onto connections of a minute and a half.
v1::CreateNetworkRequest GrowingNetwork() {
  v1::CreateNetworkRequest request;
  request.set_network("growing");
  auto* specification = request.mutable_specification();
  auto* neurons = specification->add_populations();
  neurons->set_name("neurons");
  neurons->set_model("iaf_psc_exp");
  neurons->set_size(1000);
  (*neurons->mutable_parameters())["I_e"].set_number(1e7);
  (*neurons->mutable_parameters())["t_ref"].set_number(0);
  auto* projection = specification->add_projections();
  projection->set_name("slow");
  projection->set_source("neurons");
  projection->set_target("neurons");
  projection->mutable_rule()->mutable_one_to_one();
  projection->mutable_delay_ms()->set_number(90'000);
  projection->mutable_weight()->set_number(1);
  return request;
}

// Steps until memory for 64 MiB is spent, and once more.
void ExpectStopForWantOfMemory(const v1::CreateNetworkRequest& network) {
  Registry registry({.max_memory_bytes = 64 << 20}, 1);
  v1::CreateSessionRequest request;
  request.set_session_id("s");
  v1::CreateSessionResponse created;
  const Caller caller = CallerOf(registry);
  ASSERT_TRUE(registry.Create(request, caller, &created).ok());
  const auto session = *registry.Find("sessions/s");
  v1::CreateNetworkResponse response;
  ASSERT_TRUE(Carry(session, network, caller, &response).ok());

  v1::StepRequest step;
  step.set_duration_ms(kForever);
  v1::StepResponse stepped;
  ASSERT_TRUE(Carry(session, step, caller, &stepped).ok());
  EXPECT_TRUE(stepped.halted());
  EXPECT_EQ(stepped.halt_reason(), v1::HALT_REASON_MEMORY);
  EXPECT_GT(stepped.time_ms(), 1.0);
  const double reached_ms = stepped.time_ms();

  const absl::Status refused = Carry(session, step, caller, &stepped);
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted) << refused;
  EXPECT_EQ(QuotaOf(refused), "memory_bytes");
  v1::Session message;
  session->Describe(&message);
  EXPECT_EQ(message.time_ms(), reached_ms);
}

TEST(GrowthTest, AStepStopsBeforeWhatIsUnderWayExhaustsTheMemory) {
  ExpectStopForWantOfMemory(GrowingNetwork());
}

TEST(GrowthTest, AStepStopsBeforeARecordWithoutALimitExhaustsTheMemory) {
  v1::CreateNetworkRequest network = GrowingNetwork();
  network.mutable_specification()->mutable_projections(0)->mutable_delay_ms()->set_number(1);
  network.mutable_specification()->mutable_populations(0)->set_record_spikes(true);
  ExpectStopForWantOfMemory(network);
}

TEST_F(OneCoreTest, UsersShareTheCoreEquallyHoweverManySessionsTheyStep) {
  std::vector<std::shared_ptr<Session>> sessions;
  std::vector<std::unique_ptr<RunningStep>> steps;
  for (int k = 0; k < 4; ++k) {
    sessions.push_back(Create("s" + std::to_string(k)));
    steps.push_back(std::make_unique<RunningStep>(sessions.back(), kForever,
                                                  CallerOf(registry_, k < 3 ? "anna" : "ben")));
  }
  for (auto& step : steps) step->WaitForProgress();
  const auto times = [&] {
    std::vector<double> times;
    for (const auto& session : sessions) times.push_back(Describe(*session).time_ms());
    return times;
  };
  // By sessions Anna would get three times as much. What else the machine does
  // can spoil a span of time, but hardly all of them.
  bool fair = false;
  for (int span = 0; span < 10 && !fair; ++span) {
    const auto before = times();
    std::this_thread::sleep_for(milliseconds(300));
    const auto after = times();
    double anna = 0;
    for (int k = 0; k < 3; ++k) anna += after[k] - before[k];
    const double ben = after[3] - before[3];
    fair = anna > 0 && ben > anna / 2 && ben < anna * 2;
  }
  for (const auto& session : sessions) session->Halt();
  steps.clear();
  EXPECT_TRUE(fair);
}

TEST_F(SessionTest, ResultsDoNotDependOnWhatElseRuns) {
  const auto run = [&](const std::shared_ptr<Session>& session) {
    std::string all;
    for (int k = 0; k < 20; ++k) {
      v1::StepResponse response;
      EXPECT_TRUE(Carry(session, FullStep(), Anna(), &response).ok());
      all += Bytes(response);
    }
    return all;
  };
  const auto alone = Create("alone");
  const std::string expected = run(alone);
  std::vector<std::shared_ptr<Session>> sessions;
  for (int k = 0; k < 6; ++k) sessions.push_back(Create("s" + std::to_string(k)));
  std::vector<std::string> results(sessions.size());
  std::vector<std::thread> threads;
  for (size_t k = 0; k < sessions.size(); ++k) {
    threads.emplace_back([&, k] { results[k] = run(sessions[k]); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, expected);
}

TEST_F(SessionTest, SurvivesEverythingAtOnce) {
  // Under sanitizers this is where races show.
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int k = 0; !stop; ++k) {
        const std::string name = "s" + std::to_string((t + k) % 3);
        v1::CreateSessionRequest create;
        create.set_session_id(name);
        v1::CreateSessionResponse created;
        const Caller caller = CallerOf(registry_, std::to_string(t % 2));
        (void)registry_.Create(create, caller, &created);
        const auto session = registry_.Find("sessions/" + name);
        if (!session.ok()) continue;
        v1::CreateNetworkResponse network;
        (void)Carry(*session, SmallNetwork(), caller, &network);
        v1::StepRequest request = FullStep();
        request.set_duration_ms(10'000);
        v1::StepResponse response;
        Running step(*session, request, caller, &response);
        std::this_thread::sleep_for(std::chrono::microseconds(100 * (k % 20)));
        if (k % 2 == 0) step.Cancel();
        v1::ListSessionsResponse list;
        (void)registry_.List({}, caller, &list);
        if (k % 2 == 1 || k % 5 == 0) (*session)->Halt();
        v1::DeleteSessionRequest deletion;
        deletion.set_session("sessions/" + name);
        v1::DeleteSessionResponse deleted;
        if (k % 5 == 0) (void)registry_.Delete(*session, deletion, caller, &deleted);
        step.Cancel();
      }
    });
  }
  std::this_thread::sleep_for(milliseconds(500));
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace spiked::session
