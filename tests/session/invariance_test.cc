// The answers to a session's commands depend on these commands alone: not on how
// many steps run at a time, nor on the sessions beside, nor on how the turns at
// the cores cut its steps.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/session/registry.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

constexpr int kSessions = 7;

// A session of its own with both noisy players and the small network.
std::shared_ptr<Session> CreateSession(Registry& registry, int number, const Caller& caller) {
  v1::CreateSessionRequest request;
  request.set_session_id(absl::StrCat("s", number));
  request.set_seed(static_cast<uint64_t>(number));
  v1::CreateSessionResponse response;
  EXPECT_TRUE(registry.Create(request, caller, &response).ok());
  auto session = *registry.Find(response.session().name());
  v1::CreateNetworkRequest networks[] = {
      SmallNetwork(),
      Parse<v1::CreateNetworkRequest>(R"pb(
        network: "left"
        preset {
          name: "pong/rstdp"
          options {
            fields {
              key: "noise"
              value { bool_value: true }
            }
          }
        })pb"),
      Parse<v1::CreateNetworkRequest>(R"pb(
        network: "right"
        preset {
          name: "pong/dopamine"
          options {
            fields {
              key: "noise"
              value { bool_value: true }
            }
          }
        })pb"),
  };
  for (const auto& network : networks) {
    v1::CreateNetworkResponse created;
    const absl::Status status = Carry(session, network, caller, &created);
    EXPECT_TRUE(status.ok()) << status;
  }
  return session;
}

// All that the session answers to a life of steps, long and short.
std::string Live(const std::shared_ptr<Session>& session, const Caller& caller) {
  std::string answers;
  const double durations_ms[] = {20, 0.1, 10'000, 3.7, 0, 400};
  for (const double duration_ms : durations_ms) {
    v1::StepRequest request = FullStep();
    request.MergeFrom(Parse<v1::StepRequest>(R"pb(
      rewards { target: "left" value: 0.3 }
      inputs {
        population: "left/input"
        relative: true
        spike_trains {
          senders: [ 4, 4, 4, 9, 9 ]
          times_ms: [ 1, 11, 21, 80, 90.5 ]
        }
      }
      inputs {
        population: "right/input"
        relative: true
        spike_trains {
          senders: [ 4, 4, 4, 9, 9 ]
          times_ms: [ 1, 11, 21, 80, 90.5 ]
        }
      }
      readout {
        spikes: "left/motor"
        spikes: "right/motor"
        weights: "left/input_motor"
        weights: "right/input_motor"
      })pb"));
    request.set_duration_ms(duration_ms);
    v1::StepResponse response;
    const absl::Status status = Carry(session, request, caller, &response);
    EXPECT_TRUE(status.ok()) << status;
    answers += Bytes(response);
  }
  return answers;
}

// What sessions s0, s1, ... answer that live at the same time, two users' in
// turn.
std::vector<std::string> LiveTogether(int workers, int sessions) {
  Registry registry({}, workers);
  std::vector<std::string> answers(sessions);
  std::vector<std::thread> threads;
  threads.reserve(sessions);
  for (int k = 0; k < sessions; ++k) {
    threads.emplace_back([&, k] {
      const Caller caller = CallerOf(registry, k % 2 == 0 ? "anna" : "bert");
      answers[k] = Live(CreateSession(registry, k, caller), caller);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return answers;
}

TEST(SessionInvarianceTest, AnswersDoNotDependOnWorkersOrOnSessionsBeside) {
  const auto alone = LiveTogether(/*workers=*/1, /*sessions=*/1);
  const auto with_one_worker = LiveTogether(1, kSessions);
  EXPECT_EQ(with_one_worker.front(), alone.front());
  EXPECT_NE(with_one_worker[0], with_one_worker[1]) << "they have seeds of their own";
  for (const int workers : {2, 7}) {
    EXPECT_EQ(LiveTogether(workers, kSessions), with_one_worker) << workers;
  }
}

// A step of a large network takes the cores that are idle.
TEST(SessionInvarianceTest, AnswersOfALargeNetworkDoNotDependOnTheCoresThatHelp) {
  const auto network = Parse<v1::CreateNetworkRequest>(R"pb(
    network: "large"
    specification {
      populations {
        name: "neurons"
        model: "iaf_psc_exp"
        size: 5000
        record_spikes: true
        parameters {
          key: "I_e"
          value { number: 390 }
        }
        parameters {
          key: "V_m"
          value { distribution { uniform { low: -70 high: -55 } } }
        }
      }
      projections {
        name: "recurrent"
        source: "neurons"
        target: "neurons"
        rule { fixed_indegree { indegree: 30 } }
        weight { distribution { normal { mean: 5 std: 30 } } }
        delay_ms { distribution { uniform { low: 1 high: 9 } } }
      }
    })pb");
  const auto step = Parse<v1::StepRequest>("duration_ms: 150 readout { spikes: 'large/neurons' }");
  std::vector<std::string> answers;
  for (const int workers : {1, 2, 7}) {
    Registry registry({}, workers);
    const Caller caller = CallerOf(registry);
    v1::CreateSessionRequest request;
    request.set_session_id("s");
    request.set_seed(1);
    v1::CreateSessionResponse created;
    ASSERT_TRUE(registry.Create(request, caller, &created).ok());
    const auto session = *registry.Find("sessions/s");
    v1::CreateNetworkResponse built;
    const absl::Status status = Carry(session, network, caller, &built);
    ASSERT_TRUE(status.ok()) << status;
    v1::StepResponse response;
    ASSERT_TRUE(Carry(session, step, caller, &response).ok());
    answers.push_back(Bytes(response));
  }
  EXPECT_GT(answers[0].size(), 10'000u) << "it fires";
  EXPECT_EQ(answers[1], answers[0]);
  EXPECT_EQ(answers[2], answers[0]);
}

}  // namespace
}  // namespace spiked::session
