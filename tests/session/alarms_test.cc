#include "server/session/alarms.h"

#include <future>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace spiked::session {
namespace {

using std::chrono::milliseconds;

TEST(AlarmsTest, CallsComeInTheOrderOfTheirTimes) {
  Alarms alarms;
  std::string order;
  std::promise<void> over;
  const auto now = Clock::now();
  alarms.At(now + milliseconds(30), [&] {
    order += 'c';
    over.set_value();
  });
  alarms.At(now + milliseconds(20), [&] { order += 'b'; });
  alarms.At(now, [&] { order += 'a'; });
  over.get_future().wait();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(Clock::now(), now + milliseconds(30));
}

TEST(AlarmsTest, OneThatComesWhileNothingIsToDoIsCalled) {
  Alarms alarms;
  for (int k = 0; k < 3; ++k) {
    std::promise<void> called;
    std::this_thread::sleep_for(milliseconds(20));
    alarms.At(Clock::now() + milliseconds(5), [&] { called.set_value(); });
    ASSERT_EQ(called.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
}

TEST(AlarmsTest, WhatIsNotDueIsNotCalledAtTheEnd) {
  bool called = false;
  {
    Alarms().At(Clock::now() + std::chrono::hours(1), [&] { called = true; });
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace spiked::session
