// Want of memory in the middle of anything: the session is as it was, or FAILED, and
// nobody else notices.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/error.h"
#include "server/session/machine.h"
#include "tests/session/allocation_hook.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using Message = google::protobuf::Message;

const Command& CommandOf(const Message& request) {
  const auto commands = Commands();
  return *std::ranges::find_if(commands, [&](const Command& command) {
    return command.in_turn != nullptr && command.method->input_type() == request.GetDescriptor();
  });
}

// A session's life: a bit of everything.
const std::vector<std::unique_ptr<Message>>& Script() {
  static const auto& script = *new std::vector<std::unique_ptr<Message>>([] {
    std::vector<std::unique_ptr<Message>> all;
    const auto add = [&](const auto& request) {
      all.push_back(std::make_unique<std::decay_t<decltype(request)>>(request));
    };
    add(SmallNetwork());
    add(FullStep());
    v1::SetInputRequest inputs;
    *inputs.mutable_inputs() = FullStep().inputs();
    add(inputs);
    add(FullStep());
    add(Parse<v1::ApplyRewardRequest>("rewards { target: 'net' value: 0.1 }"));
    add(Parse<v1::SetWeightsRequest>(
        "projection: 'net/plastic' first: 2 weights { list { values: [ 70, 80 ] } }"));
    add(Parse<v1::SetWeightsRequest>(
        "projection: 'net/dc_out' connections: 1 weights { number: 3 }"));
    add(Parse<v1::SetRecordingRequest>(
        "settings { projection: 'net/plastic' record: true } settings { population: 'net/dc' } "
        "settings { population: 'net/relay' record: true record_limit: 5 }"));
    add(Parse<v1::SnapshotSessionRequest>("snapshot: 'then'"));
    add(FullStep());
    add(Parse<v1::SnapshotSessionRequest>("snapshot: 'then'"));
    add(FullStep());
    add(Parse<v1::ResetSessionRequest>("snapshot: 'then'"));
    add(Parse<v1::SnapshotSessionRequest>("snapshot: 'then' forget: true"));
    add(Parse<v1::CutConnectionsRequest>("projection: 'net/rewarded' connections: [ 0, 3 ]"));
    add(FullStep());
    add(Parse<v1::GetWeightRecordRequest>("projection: 'net/plastic' page_size: 3"));
    add(Parse<v1::GetSpikesRequest>("population: 'net/out' page_size: 3"));
    add(Parse<v1::GetSignalsRequest>("multimeter: 'net/meter' page_size: 30"));
    add(Parse<v1::GetWeightsRequest>("projection: 'net/plastic' page_size: 3"));
    add(Parse<v1::ReadWeightsRequest>("projections: [ 'net/plastic', 'net/rewarded' ]"));
    add(Parse<v1::GetNetworkRequest>("network: 'net'"));
    add(FullStep());
    return all;
  }());
  return script;
}

// Within it the allocation fails that is so many ahead; what is left of them comes back.
absl::Status Carry(Machine& machine, const Message& request, uint64_t* fails_in = nullptr) {
  const Command& command = CommandOf(request);
  // As an Exchange has it: maps of messages do not stand an allocation that fails, but
  // nobody destroys what lies on an arena.
  google::protobuf::Arena arena;
  Message* const reply = google::protobuf::MessageFactory::generated_factory()
                             ->GetPrototype(command.method->output_type())
                             ->New(&arena);
  NoStop stop;
  absl::Status status;
  if (fails_in != nullptr) FailAllocation(*fails_in);
  const bool over = machine.Execute(command, request, stop, reply, &status);
  if (fails_in != nullptr) *fails_in = FailAllocation(0);
  EXPECT_TRUE(over);
  return status;
}

std::unique_ptr<Machine> NewMachine(MemoryBudget* budget) {
  return std::make_unique<Machine>("test", 0.1, 7, Limits{}, budget);
}

// What becomes of a machine that lives undisturbed.
const std::string& Undisturbed() {
  static const std::string& future = *new std::string([] {
    MemoryBudget budget(uint64_t{1} << 30);
    const auto machine = NewMachine(&budget);
    for (const auto& request : Script()) EXPECT_TRUE(Carry(*machine, *request).ok());
    return Future(*machine);
  }());
  return future;
}

struct Outcomes {
  int unharmed = 0, failed = 0;
};

// After a command was refused for want of memory: a machine that has not failed can
// carry it out now, and goes on as if nothing had been; one that has can be read.
void Check(Machine& machine, size_t refused, Outcomes* outcomes) {
  if (!machine.failed()) {
    ++outcomes->unharmed;
    for (size_t k = refused; k < Script().size(); ++k) {
      const absl::Status status = Carry(machine, *Script()[k]);
      ASSERT_TRUE(status.ok()) << k << " " << status;
    }
    ASSERT_EQ(Future(machine), Undisturbed()) << refused;
    return;
  }
  ++outcomes->failed;
  for (const auto& request : Script()) {
    const absl::Status status = Carry(machine, *request);
    if (CommandOf(*request).mutates) {
      ASSERT_EQ(engine::ReasonOf(status), "SESSION_FAILED");
    }
  }
}

TEST(AllocationFailureTest, ASessionIsUnharmedOrFailedWhicheverAllocationFails) {
  MemoryBudget budget(uint64_t{1} << 30);
  const auto other = NewMachine(&budget);
  for (const auto& request : Script()) ASSERT_TRUE(Carry(*other, *request).ok());
  const uint64_t taken = budget.taken();
  Undisturbed();

  Outcomes outcomes;
  bool over = false;
  for (uint64_t n = 1; !over; ++n) {
    const auto machine = NewMachine(&budget);
    uint64_t fails_in = n;
    size_t k = 0;
    absl::Status status;
    while (k < Script().size() && fails_in > 0) {
      status = Carry(*machine, *Script()[k], &fails_in);
      if (status.ok()) ++k;  // it may do without
    }
    over = fails_in > 0;
    if (over) break;
    if (!status.ok()) {
      ASSERT_EQ(engine::ReasonOf(status), "OUT_OF_MEMORY") << n << " " << status;
    }
    Check(*machine, k, &outcomes);
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(budget.taken(), taken);
  EXPECT_EQ(Future(*other), Undisturbed());
  std::printf("unharmed: %d, failed: %d\n", outcomes.unharmed, outcomes.failed);
  EXPECT_GT(outcomes.unharmed, 100);
}

TEST(AllocationFailureTest, ASessionIsUnharmedOrFailedWhereverItsBudgetEnds) {
  Undisturbed();
  Outcomes outcomes;
  bool enough = false;
  for (uint64_t limit = 1024; !enough; limit += 1 + limit / 100) {
    MemoryBudget server(uint64_t{1} << 30);
    {
      std::optional<MemoryBudget> account;
      account.emplace(limit, "the account's", &server);
      const auto machine = NewMachine(&*account);
      size_t k = 0;
      absl::Status status;
      while (k < Script().size() && (status = Carry(*machine, *Script()[k])).ok()) ++k;
      enough = k == Script().size();
      if (enough) break;
      ASSERT_EQ(QuotaOf(status), "memory_bytes") << limit << " " << status;
      EXPECT_LE(account->taken(), limit);
      if (machine->failed()) {
        Check(*machine, k, &outcomes);
      } else {
        ++outcomes.unharmed;
      }
    }
    ASSERT_EQ(server.taken(), 0u);
  }
  std::printf("unharmed: %d, failed: %d\n", outcomes.unharmed, outcomes.failed);
  EXPECT_GT(outcomes.unharmed, 100);
}

}  // namespace
}  // namespace spiked::session
