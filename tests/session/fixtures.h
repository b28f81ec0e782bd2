// What the tests of sessions share: callers, messages from text, a small network
// with a bit of everything.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "server/session/limits.h"
#include "server/session/machine.h"
#include "server/session/operation.h"
#include "server/session/registry.h"
#include "server/session/session.h"
#include "server/session/stop.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// Somebody who has commands for the sessions of a registry.
Caller CallerOf(Registry& registry, const std::string& name = "anna",
                Clock::time_point deadline = Clock::time_point::max());
Caller CallerOf(Registry& registry, const access::Account& account,
                Clock::time_point deadline = Clock::time_point::max());

// A command that can be waited for.
class Running : public Operation {
 public:
  // Starts it; session and messages must live until it is over.
  Running(std::shared_ptr<Session> session, const google::protobuf::Message& request,
          const Caller& caller, google::protobuf::Message* response);
  ~Running() override { Join(); }

  absl::StatusOr<google::protobuf::Message*> AddReply(uint64_t bytes) override;
  ChargedBytes* saved() override { return nullptr; }
  absl::StatusOr<std::shared_ptr<const access::Account>> Who() override;
  // Nobody knows the caller any more.
  void Forget() { forgotten_ = true; }
  absl::Status SendFrame(Frame& frame) override;
  // Of one who watches: the next frame, when there is one; to see it is not to take it.
  v1::WatchSessionResponse See();
  v1::WatchSessionResponse Take();
  bool has_frame();
  // The last frame, as it was written for all who have been sent it.
  Frame::Bytes written();
  void Done(absl::Status status) override;
  // Of an answer in several messages.
  std::vector<std::unique_ptr<google::protobuf::Message>>& replies() { return replies_; }
  bool done() const { return done_; }
  // Waits for its end; what came of it.
  const absl::Status& Join();
  // The caller goes.
  void Cancel() { session_->Cancel(this, v1::HALT_REASON_CANCELLED); }

 private:
  const std::shared_ptr<Session> session_;
  std::mutex mutex_;
  std::condition_variable over_, sent_;
  std::atomic<bool> done_{false};
  absl::Status status_;
  std::vector<std::unique_ptr<google::protobuf::Message>> replies_;
  std::optional<v1::WatchSessionResponse> frame_;
  Frame::Bytes written_;
  std::atomic<bool> forgotten_{false};
};

// Carries a command out.
absl::Status Carry(const std::shared_ptr<Session>& session,
                   const google::protobuf::Message& request, const Caller& caller,
                   google::protobuf::Message* response);

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

// Lets a command run to its end.
class NoStop : public Stop {
 public:
  v1::HaltReason reason() override { return v1::HALT_REASON_UNSPECIFIED; }
  bool pause() override { return false; }
  bool interrupts() override { return false; }
  void Note(engine::Step /*now*/) override {}
  void GiveWay() override {}
  engine::Crew* crew(int /*useful_threads*/) override { return nullptr; }
  absl::StatusOr<google::protobuf::Message*> AddReply(uint64_t /*bytes*/) override {
    replies.push_back(std::make_unique<v1::ReadWeightsResponse>());
    return replies.back().get();
  }
  v1::Session Describe() override { return {}; }
  ChargedBytes* saved() override { return nullptr; }

  std::vector<std::unique_ptr<google::protobuf::Message>> replies;
};

inline NoStop& Unstopped() {
  static NoStop stop;
  return stop;
}

// Carries out a step in one go.
absl::Status Step(Machine& machine, const v1::StepRequest& request,
                  v1::StepResponse* response = nullptr);

// Likewise.
absl::Status ApplyReward(Machine& machine, const v1::ApplyRewardRequest& request,
                         v1::ApplyRewardResponse* response);

// All that can be seen of a machine, now and in the future: everything recorded,
// all weights, and what two more steps answer. Changes the machine.
std::string Future(Machine& machine);

}  // namespace spiked::session
