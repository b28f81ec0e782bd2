// What the tests of sessions share: callers, messages from text, a small network
// with a bit of everything.
#pragma once

#include <atomic>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "server/session/caller.h"
#include "server/session/limits.h"
#include "server/session/machine.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

class TestCaller final : public Caller {
 public:
  explicit TestCaller(std::string user = "anna",
                      Clock::time_point deadline = Clock::time_point::max())
      : user_(std::move(user)), deadline_(deadline) {}

  absl::string_view user() const override { return user_; }
  Clock::time_point deadline() const override { return deadline_; }
  bool Cancelled() const override { return cancelled_; }

  void Cancel() { cancelled_ = true; }

 private:
  const std::string user_;
  const Clock::time_point deadline_;
  std::atomic<bool> cancelled_{false};
};

// The message with that text format.
template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// Serialized, for comparison to the last bit.
std::string Bytes(const google::protobuf::Message& message);

// `net`: input (3) -> relay (3) => out (4, recorded), with rewarded synapses and
// STDP; direct, stepped, random background; a multimeter `meter`.
const v1::CreateNetworkRequest& SmallNetwork();

// A step of 20 ms with rewards, inputs of all kinds and all readouts.
const v1::StepRequest& FullStep();

// A machine with the small network that has made two full steps.
class TestMachine {
 public:
  explicit TestMachine(const Limits& limits = {}, uint64_t budget_bytes = uint64_t{1} << 30);

  Machine& operator*() { return machine_; }
  Machine* operator->() { return &machine_; }
  MemoryBudget& budget() { return budget_; }

 private:
  MemoryBudget budget_;
  Machine machine_;
};

// Carries out a step in one go.
absl::Status Step(Machine& machine, const v1::StepRequest& request,
                  v1::StepResponse* response = nullptr);

// All that can be seen of a machine, now and in the future: everything recorded,
// all weights, and what two more steps answer. Changes the machine.
std::string Future(Machine& machine);

}  // namespace spiked::session
