#include "server/session/cores.h"

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spiked::session {
namespace {

using std::chrono::milliseconds;

void Spin(Clock::duration time) {
  for (const auto begin = Clock::now(); Clock::now() - begin < time;) {
  }
}

// Computes slices until it has made so many or is told to end.
class Spinner final : public Cores::Work {
 public:
  Spinner(Cores& cores, const std::string& account, int slices, bool needs_seat = false)
      : account_(cores.FindAccount(account)), slices_(slices), needs_seat_(needs_seat) {}
  ~Spinner() override { WaitForEnd(); }

  bool Continue(Cores::Turn& turn) override {
    const int now = ++running_;
    for (int most = most_; now > most && !most_.compare_exchange_weak(most, now);) {
    }
    bool more = true;
    do {
      Spin(std::chrono::microseconds(500));
      more = ++done_ < slices_ && !end_;
      if (needs_seat_) {
        --running_;
        turn.GiveWay();
        ++running_;
      }
    } while (more && (needs_seat_ || !turn.Over()));
    --running_;
    if (!more) over_ = true;
    return more;
  }
  Cores::Account* account() const override { return account_; }
  bool needs_seat() const override { return needs_seat_; }

  int done() const { return done_; }
  void End() { end_ = true; }
  void WaitForEnd() {
    while (!over_) std::this_thread::sleep_for(milliseconds(1));
  }

  static int most() { return most_; }
  static void Forget() { most_ = 0; }

 private:
  static inline std::atomic<int> running_{0}, most_{0};
  Cores::Account* const account_;
  const int slices_;
  const bool needs_seat_;
  std::atomic<int> done_{0};
  std::atomic<bool> end_{false}, over_{false};
};

constexpr int kForever = 1 << 30;

using Spinners = std::vector<std::unique_ptr<Spinner>>;

void Start(Cores& cores, Spinners& spinners, int count, const std::string& account, int slices,
           bool needs_seat = false) {
  for (int k = 0; k < count; ++k) {
    spinners.push_back(std::make_unique<Spinner>(cores, account, slices, needs_seat));
    cores.Submit(spinners.back().get());
  }
}

TEST(CoresTest, NeverMoreComputeThanThereAreWorkers) {
  for (const int workers : {1, 2, 3}) {
    Spinner::Forget();
    Cores cores(workers);
    Spinners spinners;
    Start(cores, spinners, 4, "anna", 20);
    Start(cores, spinners, 2, "anna", 20, /*needs_seat=*/true);
    Start(cores, spinners, 4, "ben", 20);
    Start(cores, spinners, 3, "ben", 20, /*needs_seat=*/true);
    for (const auto& spinner : spinners) spinner->WaitForEnd();
    EXPECT_EQ(Spinner::most(), workers);
  }
}

// Notes where it has run, and submits another one, if it is given one, while it does.
class OneSlice final : public Cores::Work {
 public:
  explicit OneSlice(Cores::Account* account, Cores* cores = nullptr, OneSlice* next = nullptr)
      : account_(account), cores_(cores), next_(next) {}
  bool Continue(Cores::Turn&) override {
    thread = std::this_thread::get_id();
    if (next_ != nullptr) cores_->Submit(next_);
    over.count_down();
    return false;
  }
  Cores::Account* account() const override { return account_; }
  bool needs_seat() const override { return false; }

  std::thread::id thread;
  std::latch over{1};

 private:
  Cores::Account* const account_;
  Cores* const cores_;
  OneSlice* const next_;
};

TEST(CoresTest, AShortWorkRunsOnItsOwnThreadWhereACoreIsFree) {
  Cores cores(1);
  OneSlice work(cores.FindAccount("anna"));
  cores.Submit(&work);
  EXPECT_EQ(work.thread, std::this_thread::get_id());
}

// Whatever the others have, and however much of it: Ben has half of the core.
void ExpectHalfForBen(int annas, bool annas_need_seats) {
  Cores cores(1);
  Spinners anna, ben;
  Start(cores, anna, annas, "anna", kForever, annas_need_seats);
  Start(cores, ben, 1, "ben", kForever);
  // What else the machine does can spoil a span of time, but hardly all of them.
  bool fair = false;
  const auto total = [](const Spinners& spinners) {
    int total = 0;
    for (const auto& spinner : spinners) total += spinner->done();
    return total;
  };
  for (int span = 0; span < 10 && !fair; ++span) {
    const int anna_before = total(anna), ben_before = total(ben);
    std::this_thread::sleep_for(milliseconds(200));
    const int of_anna = total(anna) - anna_before, of_ben = total(ben) - ben_before;
    fair = of_anna > 0 && of_ben > of_anna / 2 && of_ben < of_anna * 2;
  }
  EXPECT_TRUE(fair);
  for (const auto* spinners : {&anna, &ben}) {
    for (const auto& spinner : *spinners) spinner->End();
  }
}

TEST(CoresTest, AnAccountGetsNoMoreByHavingManyWorks) { ExpectHalfForBen(20, false); }

TEST(CoresTest, NorByHavingWorksThatCannotBeResumed) { ExpectHalfForBen(Cores::kSeats + 4, true); }

TEST(CoresTest, WorksOfAnAccountTakeTurnsAlsoBesideSuchAsCannotBeResumed) {
  Cores cores(1);
  Spinners spinners;
  Start(cores, spinners, 3, "anna", kForever, /*needs_seat=*/true);
  Start(cores, spinners, 3, "anna", kForever);
  // The third that needs a seat waits for one; all others come on.
  for (const size_t k : {0, 1, 3, 4, 5}) {
    while (spinners[k]->done() < 20) std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(spinners[2]->done(), 0);
  spinners[0]->End();
  while (spinners[2]->done() == 0) std::this_thread::sleep_for(milliseconds(1));
  for (const auto& spinner : spinners) spinner->End();
}

// Else its thread would hold two cores, and pay for both.
TEST(CoresTest, WhatAWorkSubmitsDoesNotRunInTheMidstOfIt) {
  for (const int workers : {1, 2}) {
    Cores cores(workers);
    Cores::Account* const anna = cores.FindAccount("anna");
    OneSlice next(anna), first(anna, &cores, &next);
    cores.Submit(&first);
    next.over.wait();
    EXPECT_EQ(first.thread, std::this_thread::get_id());
    EXPECT_NE(next.thread, std::this_thread::get_id());
    cores.Stop();  // before what they ran is gone
  }
}

TEST(CoresTest, WhoComesSeldomIsServedBeforeThoseWhoComputeAllTheTime) {
  Cores cores(1);
  Spinners anna;
  Start(cores, anna, 5, "anna", kForever);
  for (int k = 0; k < 10; ++k) {
    const int before =
        anna[0]->done() + anna[1]->done() + anna[2]->done() + anna[3]->done() + anna[4]->done();
    Spinner ben(cores, "ben", 1);
    cores.Submit(&ben);
    ben.WaitForEnd();
    const int after =
        anna[0]->done() + anna[1]->done() + anna[2]->done() + anna[3]->done() + anna[4]->done();
    // Half a millisecond each: the rest of a slice, and what ran on until we looked.
    EXPECT_LT(after - before, 40);
  }
  for (const auto& spinner : anna) spinner->End();
}

TEST(CoresTest, ALargeWorkHelpsItselfToIdleCores) {
  class Large final : public Cores::Work {
   public:
    explicit Large(Cores::Account* account) : account_(account) {}
    bool Continue(Cores::Turn& turn) override {
      taken = turn.TakeIdle(10)->size() - 1;
      again = turn.TakeIdle(10)->size() - 1;
      return false;
    }
    Cores::Account* account() const override { return account_; }
    bool needs_seat() const override { return false; }
    int taken = 0, again = 0;

   private:
    Cores::Account* const account_;
  };
  Cores cores(4);
  Large work(cores.FindAccount("anna"));
  for (int k = 0; k < 3; ++k) {
    cores.Submit(&work);
    EXPECT_EQ(work.taken, 3);
    EXPECT_EQ(work.again, 3);
  }
}

TEST(CoresTest, AccountsShareByWeight) {
  Cores cores(1);
  cores.SetWeight(cores.FindAccount("anna"), 3);
  Spinners anna, bert;
  Start(cores, anna, 20, "anna", kForever);
  Start(cores, bert, 1, "bert", kForever);
  const auto done = [](const Spinners& spinners) {
    int sum = 0;
    for (const auto& spinner : spinners) sum += spinner->done();
    return sum;
  };
  while (done(bert) < 100) std::this_thread::sleep_for(milliseconds(1));
  const double ratio = static_cast<double>(done(anna)) / done(bert);
  for (auto* spinners : {&anna, &bert}) {
    for (const auto& spinner : *spinners) spinner->End();
  }
  EXPECT_GT(ratio, 1.5);
  EXPECT_LT(ratio, 6) << "not by the number of works";
}

}  // namespace
}  // namespace spiked::session
