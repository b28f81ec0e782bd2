#include "server/session/answers.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "server/session/command.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {
namespace {

constexpr int64_t kNow = 1'000'000;

std::string Uuid(int number) { return absl::StrFormat("00000000-0000-4000-8000-%012x", number); }

const Command& StepCommand() {
  const auto commands = Commands();
  return *std::ranges::find_if(commands, [](const Command& command) {
    return command.method->full_name() == "spiked.v1.SimulationService.Step";
  });
}

RequestId Request(int number, double duration_ms = 1) {
  v1::StepRequest request;
  request.set_duration_ms(duration_ms);
  request.set_request_id(Uuid(number));
  return *RequestId::Of(StepCommand(), request);
}

v1::StepResponse Reply(double time_ms) {
  v1::StepResponse reply;
  reply.set_time_ms(time_ms);
  return reply;
}

class AnswersTest : public ::testing::Test {
 protected:
  AnswersTest() : limits_{.answers_kept = 3, .answers_kept_for = std::chrono::seconds(10)} {}

  // The time in the answer; -1: there is none.
  static double Find(const Answers& answers, const RequestId& request, int64_t now_ms = kNow) {
    v1::StepResponse reply;
    const auto found = answers.Find(request, now_ms, &reply);
    EXPECT_TRUE(found.ok()) << found.status();
    return *found ? reply.time_ms() : -1;
  }

  Limits limits_;
  MemoryBudget budget_{1 << 20};
  Answers answers_{limits_, &budget_};
};

TEST_F(AnswersTest, AreGivenAgainToTheSameRequest) {
  answers_.Add(Request(1), kNow, Reply(5));
  EXPECT_EQ(Find(answers_, Request(1)), 5);
  EXPECT_EQ(Find(answers_, Request(2)), -1);
}

TEST_F(AnswersTest, AnotherRequestOfThatIdIsRefused) {
  answers_.Add(Request(1), kNow, Reply(5));
  v1::StepResponse reply;
  EXPECT_EQ(answers_.Find(Request(1, 2), kNow, &reply).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(AnswersTest, RequestsWithoutAnIdAreNotKept) {
  answers_.Add(RequestId{}, kNow, Reply(5));
  EXPECT_EQ(Find(answers_, RequestId{}), -1);
  EXPECT_EQ(budget_.taken(), 0u);
}

TEST_F(AnswersTest, AnIdIsAUuid) {
  v1::StepRequest request;
  for (const std::string& id : {std::string("1"), Uuid(1) + "0", std::string(36, 'a')}) {
    request.set_request_id(id);
    EXPECT_EQ(RequestId::Of(StepCommand(), request).status().code(),
              absl::StatusCode::kInvalidArgument)
        << id;
  }
  request.clear_request_id();
  EXPECT_EQ(RequestId::Of(StepCommand(), request)->id, "");
}

TEST_F(AnswersTest, AreKeptUpToANumberAndATime) {
  for (int k = 0; k < 5; ++k) answers_.Add(Request(k), kNow, Reply(k));
  EXPECT_EQ(Find(answers_, Request(1)), -1);
  for (int k = 2; k < 5; ++k) EXPECT_EQ(Find(answers_, Request(k)), k);
  EXPECT_EQ(Find(answers_, Request(4), kNow + 10'000), 4);
  EXPECT_EQ(Find(answers_, Request(4), kNow + 10'001), -1);
  // It is carried out anew, then, and that answer counts.
  answers_.Add(Request(4), kNow + 10'001, Reply(9));
  for (int k = 5; k < 7; ++k) answers_.Add(Request(k), kNow + 10'001, Reply(k));
  EXPECT_EQ(Find(answers_, Request(4), kNow + 10'001), 9);
}

TEST_F(AnswersTest, TakeNoMoreMemoryThanThereIs) {
  MemoryBudget small(2000);
  Answers answers(limits_, &small);
  for (int k = 0; k < 3; ++k) {
    v1::StepResponse reply = Reply(k);
    reply.add_spike_counts()->set_population(std::string(1000, 'x'));
    answers.Add(Request(k), kNow, reply);
    EXPECT_LE(small.taken(), 2000u);
  }
  EXPECT_EQ(Find(answers, Request(1)), -1);
  EXPECT_EQ(Find(answers, Request(2)), 2) << "the last one is kept";
  answers.Clear();
  EXPECT_EQ(small.taken(), 0u);
}

TEST_F(AnswersTest, AreSavedAndRestored) {
  for (int k = 0; k < 3; ++k) answers_.Add(Request(k), kNow, Reply(k));
  storage::Answers saved;
  answers_.Save(&saved);
  Answers restored(limits_, &budget_);
  restored.Restore(saved);
  for (int k = 0; k < 3; ++k) EXPECT_EQ(Find(restored, Request(k)), k);
}

}  // namespace
}  // namespace spiked::session
