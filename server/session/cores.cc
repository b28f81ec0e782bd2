#include "server/session/cores.h"

#include <algorithm>
#include <system_error>

namespace spiked::session {
namespace {

thread_local bool computing = false;  // this thread holds a core

}  // namespace

Cores::Cores(int workers) : workers_(std::max(1, workers)), helpers_(workers_ - 1) {
  const auto threads = static_cast<size_t>(workers_ + kSeats);
  threads_.reserve(threads);
  try {
    while (threads_.size() < threads) threads_.emplace_back([this] { Serve(); });
  } catch (const std::system_error&) {
    // Works wait for those that there are.
    if (threads_.empty()) throw;
  }
}

Cores::~Cores() { Stop(); }

void Cores::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_or_stopping_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Cores::Account* Cores::FindAccount(absl::string_view name) {
  std::lock_guard lock(mutex_);
  return &accounts_.try_emplace(std::string(name)).first->second;
}

void Cores::SetWeight(Account* account, double weight) {
  std::lock_guard lock(mutex_);
  account->weight_ = weight;
}

Cores::Load Cores::load() const {
  std::lock_guard lock(mutex_);
  size_t waiting = 0;
  for (const Account* account : waiting_) {
    waiting += account->waiting_.size() + account->seatless_.size();
  }
  return {.workers = workers_, .held = held_, .waiting = waiting};
}

void Cores::Submit(Work* work) {
  std::unique_lock lock(mutex_);
  if (!computing && held_ < workers_ && Next() == nullptr && !work->needs_seat()) {
    Account* const account = work->account();
    account->computed_ = std::max(account->computed_, least_);
    ++held_;
    ++account->held_;
    const bool more =
        RunSlice({.work = work, .account = account, .seated = false, .borrowed = true}, lock);
    Free(*account);
    if (more) Enqueue(work);
  } else {
    Enqueue(work);
  }
  Dispatch();
}

void Cores::Serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_or_stopping_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (ready_.empty()) return;
    Ready ready = ready_.front();
    ready_.pop_front();
    while (ready.work != nullptr) {
      const bool more = RunSlice(ready, lock);
      if (more && Next() == nullptr && ready.work->account() == ready.account &&
          ready.work->needs_seat() == ready.seated) {
        continue;
      }
      if (ready.seated) {
        --seats_;
        --ready.account->seats_;
      }
      Free(*ready.account);
      if (more) Enqueue(ready.work);
      // Whoever comes next, this thread is awake already.
      Account* const next = held_ < workers_ ? Next() : nullptr;
      ready = next != nullptr ? Take(next) : Ready{};
    }
    Dispatch();
  }
}

bool Cores::RunSlice(const Ready& ready, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  Turn turn(this, ready.account, ready.seated, ready.borrowed);
  computing = true;
  const bool more = ready.work->Continue(turn);
  computing = false;
  turn.crew_.Dismiss();
  lock.lock();
  Charge(turn);
  held_ -= turn.idle_;
  return more;
}

// Computing time counts for every core that was taken.
void Cores::Charge(Turn& turn) {
  const auto now = Clock::now();
  slices_.Add(now - turn.begin_);
  turn.account_.computed_ += std::chrono::duration_cast<Clock::duration>(
      (1 + turn.idle_) * (now - turn.begin_) / turn.account_.weight_);
  turn.begin_ = now;
}

void Cores::Free(Account& account) {
  --held_;
  --account.held_;
}

void Cores::Enqueue(Work* work) { Wait(work->account(), work, nullptr); }

void Cores::Wait(Account* account, Work* work, Account::Parked* parked) {
  const bool seatless = parked == nullptr && work->needs_seat();
  (seatless ? account->seatless_ : account->waiting_)
      .push_back({.order = arrivals_++, .work = work, .parked = parked});
  if (std::ranges::find(waiting_, account) == waiting_.end()) {
    waiting_.push_back(account);
    // Nobody saves up turns.
    if (account->held_ == 0) account->computed_ = std::max(account->computed_, least_);
  }
  Update();
}

Cores::Account* Cores::Next() const {
  Account* next = nullptr;
  for (Account* account : waiting_) {
    if (account->waiting_.empty() && !HasSeat(*account)) continue;
    if (next == nullptr || account->computed_ < next->computed_) next = account;
  }
  return next;
}

Cores::Ready Cores::Take(Account* account) {
  ++held_;
  ++account->held_;
  least_ = std::max(least_, account->computed_);
  auto& waiting = account->waiting_;
  auto& seatless = account->seatless_;
  const bool seated = !seatless.empty() && HasSeat(*account) &&
                      (waiting.empty() || seatless.front().order < waiting.front().order);
  auto& from = seated ? seatless : waiting;
  const Account::Waiting taken = from.front();
  from.pop_front();
  if (waiting.empty() && seatless.empty()) std::erase(waiting_, account);
  if (taken.parked != nullptr) {
    taken.parked->granted = true;
    taken.parked->wake.notify_one();
  }
  if (seated) {
    ++seats_;
    ++account->seats_;
  }
  Update();
  return {.work = taken.work, .account = account, .seated = seated};
}

void Cores::Dispatch() {
  while (held_ < workers_) {
    Account* const next = Next();
    if (next == nullptr) break;
    const Ready ready = Take(next);
    if (ready.work == nullptr) continue;
    ready_.push_back(ready);
    ready_or_stopping_.notify_one();
  }
  Update();
}

void Cores::Update() { contested_.store(Next() != nullptr, std::memory_order_relaxed); }

void Cores::Turn::GiveWay() {
  if (!seated_ || !Over()) return;
  Account::Parked parked;
  crew_.Dismiss();
  std::unique_lock lock(cores_.mutex_);
  cores_.Charge(*this);
  cores_.held_ -= std::exchange(idle_, 0);
  cores_.Free(account_);
  cores_.Wait(&account_, nullptr, &parked);
  cores_.Dispatch();
  parked.wake.wait(lock, [&] { return parked.granted; });
  begin_ = Clock::now();
}

void Cores::Turn::Bill(Account* account, Clock::duration computed) {
  std::lock_guard lock(cores_.mutex_);
  account->computed_ = std::max(account->computed_, cores_.least_) +
                       std::chrono::duration_cast<Clock::duration>(computed / account->weight_);
  begin_ += computed;
}

engine::Crew* Cores::Turn::TakeIdle(int most) {
  int taken = 0;
  {
    std::lock_guard lock(cores_.mutex_);
    if (cores_.Next() == nullptr) {
      taken = std::min(std::max(0, most - idle_), cores_.workers_ - cores_.held_);
      cores_.held_ += taken;
      idle_ += taken;
    }
  }
  if (taken > 0) {
    crew_.Call(taken);
    // Where threads are wanting, cores are left to others.
    if (const int unused = idle_ - (crew_.size() - 1); unused > 0) {
      std::lock_guard lock(cores_.mutex_);
      cores_.held_ -= unused;
      idle_ -= unused;
    }
  }
  return &crew_;
}

}  // namespace spiked::session
