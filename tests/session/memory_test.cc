#include "server/session/memory.h"

#include <limits>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/session/error.h"

namespace spiked::session {
namespace {

TEST(MemoryTest, ChargesGrowAndShrinkWithinTheBudget) {
  MemoryBudget budget(100);
  MemoryCharge charge(&budget);
  ASSERT_TRUE(charge.Resize(60).ok());
  ASSERT_TRUE(charge.Resize(100).ok());
  EXPECT_EQ(budget.taken(), 100u);
  ASSERT_TRUE(charge.Resize(10).ok());
  EXPECT_EQ(budget.taken(), 10u);
}

TEST(MemoryTest, WhatDoesNotFitIsRefusedAndChangesNothing) {
  MemoryBudget budget(100);
  MemoryCharge first(&budget), second(&budget);
  ASSERT_TRUE(first.Resize(60).ok());
  for (const uint64_t bytes : {uint64_t{41}, std::numeric_limits<uint64_t>::max()}) {
    const absl::Status status = second.Resize(bytes);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(QuotaOf(status), "memory_bytes");
    EXPECT_EQ(budget.taken(), 60u);
  }
  EXPECT_TRUE(second.Resize(40).ok());
}

TEST(MemoryTest, WhoLeavesToOthersHasNoMoreThanIsLeft) {
  MemoryBudget server(120);
  MemoryBudget first(MemoryBudget::kUnlimited, "the account's", &server),
      second(MemoryBudget::kUnlimited, "the account's", &server);
  for (MemoryBudget* account : {&first, &second}) account->SetLeavesToOthers(true);
  EXPECT_EQ(first.left(), 60u);
  EXPECT_FALSE(first.Take(61));
  EXPECT_TRUE(first.Take(20));
  EXPECT_TRUE(first.Take(40));
  EXPECT_FALSE(first.Take(1));
  const absl::Status spent = first.Spent(1);
  EXPECT_EQ(QuotaOf(spent), "memory_bytes");
  EXPECT_THAT(spent.message(), ::testing::HasSubstr("leaves as much to others, who have 60 left"));
  // However little is left, the next one gets half of it.
  EXPECT_EQ(second.left(), 30u);
  EXPECT_FALSE(second.Take(31));
  EXPECT_TRUE(second.Take(30));
  // Who need not leave anything takes the rest.
  second.SetLeavesToOthers(false);
  EXPECT_EQ(second.left(), 30u);
  EXPECT_TRUE(second.Take(30));
  EXPECT_THAT(second.Spent(1).message(), ::testing::HasSubstr("the server's 120, 120 are taken"));
}

TEST(MemoryTest, AChargeIsGivenBackOnce) {
  MemoryBudget budget(100);
  {
    MemoryCharge charge(&budget);
    ASSERT_TRUE(charge.Resize(30).ok());
    const MemoryCharge moved = std::move(charge);
    EXPECT_EQ(budget.taken(), 30u);
  }
  EXPECT_EQ(budget.taken(), 0u);
}

TEST(MemoryTest, ManyThreadsNeverExceedTheBudget) {
  MemoryBudget budget(10);
  std::vector<std::thread> threads;
  std::atomic<bool> exceeded{false};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int k = 0; k < 2000; ++k) {
        MemoryCharge charge(&budget);
        (void)charge.Resize(4);
        if (budget.taken() > budget.limit()) exceeded = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(budget.taken(), 0u);
}

TEST(MemoryTest, AnAccountsBudgetComesOutOfTheServers) {
  MemoryBudget server(100);
  MemoryBudget anna(60, "the account's", &server), bert(60, "the account's", &server);
  MemoryCharge one(&anna), other(&bert);
  ASSERT_TRUE(one.Resize(60).ok());
  EXPECT_THAT(std::string(one.Resize(61).message()), ::testing::HasSubstr("the account's 60"));
  EXPECT_THAT(std::string(other.Resize(41).message()), ::testing::HasSubstr("the server's 100"));
  EXPECT_EQ(bert.taken(), 0u) << "nothing is taken by half";
  ASSERT_TRUE(other.Resize(40).ok());
  EXPECT_EQ(server.taken(), 100u);
  ASSERT_TRUE(one.Resize(10).ok());
  EXPECT_EQ(server.taken(), 50u);
  // A limit that has come down takes nothing away.
  bert.SetLimit(20);
  EXPECT_FALSE(other.Resize(41).ok());
  EXPECT_TRUE(other.Resize(30).ok());
}

}  // namespace
}  // namespace spiked::session
