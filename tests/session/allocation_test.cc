// How often a session's commands ask for memory.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/session/exchange.h"
#include "server/session/machine.h"
#include "tests/session/allocation_hook.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

// What a client of pong sends for poll number `poll` of two players: rewards, 20 spikes
// each.
std::string Poll(int poll) {
  v1::StepStreamRequest message;
  v1::StepRequest& step = *message.mutable_step();
  step.set_session("sessions/pong");
  step.set_expected_time_ms(200.0 * poll);
  step.set_duration_ms(200);
  for (const char* player : {"left", "right"}) {
    v1::Reward& reward = *step.add_rewards();
    reward.set_target(player);
    reward.set_value(0.1 * (poll % 7));
    v1::Input& input = *step.add_inputs();
    input.set_population(absl::StrCat(player, "/input"));
    for (int k = 0; k < 20; ++k) {
      input.mutable_spike_trains()->add_senders(poll % 20);
      input.mutable_spike_trains()->add_times_ms(200.0 * poll + 1 + 10 * k);
    }
    step.mutable_readout()->add_spike_counts(absl::StrCat(player, "/motor"));
  }
  return message.SerializeAsString();
}

TEST(AllocationTest, APollOfTwoPlayersHardlyAsksForMemory) {
  MemoryBudget budget(uint64_t{1} << 30);
  Machine machine("pong", 0.1, 7, {}, &budget);
  for (const char* player : {"left", "right"}) {
    auto request = Parse<v1::CreateNetworkRequest>("preset { name: 'pong/rstdp' }");
    request.set_network(player);
    v1::CreateNetworkResponse response;
    ASSERT_TRUE(machine.CreateNetwork(request, Unstopped(), &response).ok());
  }
  constexpr int kPolls = 300, kFirst = 100;
  std::vector<std::string> polls;
  for (int k = 0; k < kPolls; ++k) polls.push_back(Poll(k));
  std::string answer(10'000, '\0');
  const auto* const service =
      v1::StepRequest::descriptor()->file()->FindServiceByName("SimulationService");
  Exchange exchange(*service->FindMethodByName("StepStream"), &budget);
  uint64_t before = 0;
  for (int k = 0; k < kPolls; ++k) {
    if (k == kFirst) before = Allocations();
    ASSERT_TRUE(exchange.Renew(polls[k].size()).ok());
    const auto& request = static_cast<v1::StepStreamRequest&>(*exchange.request());
    auto& response = static_cast<v1::StepStreamResponse&>(*exchange.reply());
    ASSERT_TRUE(*exchange.Fill(
        [&](google::protobuf::Message* message) { return message->ParseFromString(polls[k]); }));
    NoStop stop;
    absl::Status status;
    ASSERT_TRUE(machine.Step(request.step(), stop, response.mutable_step(), &status));
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(response.SerializeToArray(answer.data(), static_cast<int>(answer.size())));
    ASSERT_EQ(response.step().spike_counts(1).counts_size(), 20);
  }
  const double per_poll =
      static_cast<double>(Allocations() - before) / static_cast<double>(kPolls - kFirst);
  RecordProperty("allocations_per_poll", absl::StrCat(per_poll));
  EXPECT_LT(per_poll, 10);
}

}  // namespace
}  // namespace spiked::session
