#include "server/session/turns.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

void WaitUntil(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (!condition() && Clock::now() < deadline) std::this_thread::sleep_for(milliseconds(1));
  ASSERT_TRUE(condition());
}

// Threads that queue up one after the other, and note when it is their turn.
class Queuers {
 public:
  explicit Queuers(Turns& turns) : turns_(turns) {}
  ~Queuers() { Join(); }

  void Add(const std::string& user, const std::string& name) {
    const size_t before = turns_.waiting();
    threads_.emplace_back([this, user, name] {
      const TestCaller caller(user);
      const auto permit = turns_.Take(user, caller);
      std::lock_guard lock(mutex_);
      order_.push_back(permit.ok() ? name : "refused");
    });
    WaitUntil([&] { return turns_.waiting() == before + 1; });
  }

  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  // After all have been served.
  std::vector<std::string> order() {
    Join();
    return order_;
  }

 private:
  Turns& turns_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::vector<std::string> order_;
};

TEST(TurnsTest, GivesAsManyPermitsAsItHas) {
  Turns turns(2);
  const TestCaller caller("anna", Clock::now() + milliseconds(30));
  auto first = turns.Take("anna", caller);
  const auto second = turns.Take("anna", caller);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(turns.Take("anna", caller).status().code(), absl::StatusCode::kDeadlineExceeded);
  first->Release();
  EXPECT_TRUE(turns.Take("anna", caller).ok());
}

TEST(TurnsTest, OneUserIsServedInOrderOfArrival) {
  Turns turns(1);
  auto permit = turns.Take("", TestCaller());
  Queuers queuers(turns);
  for (const char* name : {"1", "2", "3", "4"}) queuers.Add("anna", name);
  permit->Release();
  EXPECT_THAT(queuers.order(), ElementsAre("1", "2", "3", "4"));
}

TEST(TurnsTest, UsersTakeTurnsHoweverManyWaitForEach) {
  Turns turns(1);
  auto permit = turns.Take("", TestCaller());
  Queuers queuers(turns);
  for (const char* name : {"a1", "a2", "a3"}) queuers.Add("anna", name);
  queuers.Add("ben", "b1");
  queuers.Add("ben", "b2");
  queuers.Add("cleo", "c1");
  permit->Release();
  EXPECT_THAT(queuers.order(), ElementsAre("a1", "b1", "c1", "a2", "b2", "a3"));
}

TEST(TurnsTest, YieldingLetsOthersGoFirst) {
  Turns turns(1);
  const TestCaller caller("anna");
  auto permit = turns.Take("anna", caller);
  Queuers queuers(turns);
  queuers.Add("anna", "a");
  queuers.Add("ben", "b");
  // One's own user's others were there before; so they come first.
  EXPECT_TRUE(permit->Yield(caller).ok());
  EXPECT_EQ(turns.waiting(), 0u);
  EXPECT_THAT(queuers.order(), ElementsAre("a", "b"));
  // The permit is held again: nobody else gets it.
  const TestCaller hasty("cleo", Clock::now() + milliseconds(20));
  EXPECT_EQ(turns.Take("cleo", hasty).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(TurnsTest, AUserWhoYieldsAlternatesWithAnotherRatherThanWithTheirOwn) {
  Turns turns(1);
  const TestCaller caller("anna");
  auto permit = turns.Take("anna", caller);
  std::vector<std::string> order;  // written by whoever holds the permit
  std::vector<std::thread> threads;
  const auto run = [&](const char* user, const char* name) {
    const TestCaller self(user);
    auto mine = turns.Take(user, self);
    for (int k = 0; k < 3; ++k) {
      order.push_back(name);
      ASSERT_TRUE(mine->Yield(self).ok());
    }
  };
  threads.emplace_back(run, "anna", "a");
  WaitUntil([&] { return turns.waiting() == 1; });
  threads.emplace_back(run, "anna", "A");
  WaitUntil([&] { return turns.waiting() == 2; });
  threads.emplace_back(run, "ben", "b");
  WaitUntil([&] { return turns.waiting() == 3; });
  permit->Release();
  for (std::thread& thread : threads) thread.join();
  // Ben gets every other turn, though Anna has two at work.
  EXPECT_THAT(order, ElementsAre("a", "b", "A", "b", "a", "b", "A", "a", "A"));
}

TEST(TurnsTest, YieldingWithNobodyThereKeepsThePermit) {
  Turns turns(1);
  const TestCaller caller;
  auto permit = turns.Take("anna", caller);
  EXPECT_TRUE(permit->Yield(caller).ok());
  const TestCaller hasty("ben", Clock::now() + milliseconds(20));
  EXPECT_FALSE(turns.Take("ben", hasty).ok());
}

TEST(TurnsTest, RefusesMoreThanMayWait) {
  Turns turns(1, Turns::Rule::kStrict, 2);
  auto permit = turns.Take("", TestCaller());
  Queuers queuers(turns);
  queuers.Add("anna", "1");
  queuers.Add("ben", "2");
  const auto refused = turns.Take("anna", TestCaller());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(engine::ReasonOf(refused.status()), "SESSION_BUSY");
  permit->Release();
  EXPECT_THAT(queuers.order(), ElementsAre("1", "2"));
}

TEST(TurnsTest, ACancelledCallerLeavesTheQueue) {
  Turns turns(1);
  auto permit = turns.Take("", TestCaller());
  TestCaller caller("anna");
  absl::Status status;
  std::thread waiter([&] { status = turns.Take("anna", caller).status(); });
  WaitUntil([&] { return turns.waiting() == 1; });
  caller.Cancel();
  waiter.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(turns.waiting(), 0u);
  permit->Release();
  EXPECT_TRUE(turns.Take("ben", TestCaller("ben")).ok());
}

TEST(TurnsTest, APermitThatComesAfterTheCallerWentGoesToTheNext) {
  Turns turns(1);
  auto permit = turns.Take("", TestCaller());
  TestCaller caller("anna");
  absl::Status status;
  std::thread waiter([&] { status = turns.Take("anna", caller).status(); });
  WaitUntil([&] { return turns.waiting() == 1; });
  Queuers queuers(turns);
  queuers.Add("ben", "b");
  caller.Cancel();
  permit->Release();
  waiter.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(queuers.order(), ElementsAre("b"));
}

TEST(TurnsTest, ClosingSendsEverybodyAwayButNotWhoHoldsAPermit) {
  Turns turns(1);
  const TestCaller caller;
  auto permit = turns.Take("", caller);
  Queuers queuers(turns);
  queuers.Add("anna", "a");
  queuers.Add("ben", "b");
  turns.Close(absl::NotFoundError("gone"));
  EXPECT_THAT(queuers.order(), ElementsAre("refused", "refused"));
  EXPECT_TRUE(permit->Yield(caller).ok());
  permit->Release();
  EXPECT_EQ(turns.Take("anna", caller).status(), absl::NotFoundError("gone"));
}

TEST(TurnsTest, IdlePermitsAreThoseThatNobodyHoldsOrWaitsFor) {
  Turns turns(2);
  const TestCaller caller;
  auto first = turns.Take("", caller);
  auto idle = turns.TakeIdle("");
  EXPECT_TRUE(idle.has_value());
  EXPECT_FALSE(turns.TakeIdle("").has_value());
  Queuers queuers(turns);
  queuers.Add("anna", "a");
  idle.reset();
  EXPECT_THAT(queuers.order(), ElementsAre("a"));
  EXPECT_TRUE(turns.TakeIdle("").has_value());
  turns.Close(absl::NotFoundError("gone"));
  EXPECT_FALSE(turns.TakeIdle("").has_value());
}

TEST(LenientTurnsTest, AUserWhoIsAloneIsNotLimited) {
  Turns turns(1, Turns::Rule::kLenient);
  std::vector<Turns::Permit> permits;
  for (int k = 0; k < 5; ++k) permits.push_back(*turns.Take("anna", TestCaller()));
  EXPECT_TRUE(permits[0].Yield(TestCaller()).ok());
}

TEST(LenientTurnsTest, WhoeverHasNoneGetsOneAtOnceAndNoMore) {
  Turns turns(1, Turns::Rule::kLenient);
  std::vector<Turns::Permit> permits;
  for (int k = 0; k < 5; ++k) permits.push_back(*turns.Take("anna", TestCaller()));
  const TestCaller hasty("ben", Clock::now() + milliseconds(20));
  EXPECT_TRUE(turns.Take("ben", hasty).ok());  // and gives it back
  const auto ben = turns.Take("ben", hasty);
  EXPECT_TRUE(ben.ok());
  EXPECT_FALSE(turns.Take("ben", hasty).ok());
}

TEST(LenientTurnsTest, WhoHeldManyGivesThemUpWhenAnotherUserComes) {
  Turns turns(1, Turns::Rule::kLenient);
  const TestCaller anna("anna");
  auto first = turns.Take("anna", anna);
  auto second = turns.Take("anna", anna);
  auto ben = turns.Take("ben", TestCaller("ben"));
  const TestCaller hasty("anna", Clock::now() + milliseconds(20));
  EXPECT_FALSE(first->Yield(hasty).ok()) << "anna holds another, and ben one";
  EXPECT_TRUE(second->Yield(anna).ok()) << "her last she keeps";
  // When Ben has gone, Anna is alone again.
  Queuers queuers(turns);
  queuers.Add("anna", "a");
  ben->Release();
  EXPECT_THAT(queuers.order(), ElementsAre("a"));
}

TEST(TurnsTest, NeverGivesMorePermitsThanItHasUnderLoad) {
  constexpr int kPermits = 3;
  Turns turns(kPermits);
  std::atomic<int> held{0}, most{0}, served{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const std::string user = std::to_string(t % 3);
      for (int k = 0; k < 200; ++k) {
        // Some give up soon, some cancel, some yield.
        TestCaller caller(
            user, t == 0 ? Clock::now() + std::chrono::microseconds(50) : Clock::time_point::max());
        auto permit = turns.Take(user, caller);
        if (!permit.ok()) continue;
        const int now = ++held;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --held;
        if (k % 3 == 0 && !permit->Yield(caller).ok()) continue;
        ++served;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, kPermits);
  EXPECT_GE(served, 7 * 200);
  // All permits have come back.
  std::vector<Turns::Permit> permits;
  for (int k = 0; k < kPermits; ++k) permits.push_back(*turns.Take("", TestCaller()));
  EXPECT_EQ(turns.waiting(), 0u);
}

}  // namespace
}  // namespace spiked::session
