#include "server/session/turns.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

// How often a waiting caller is asked whether it has gone: nothing wakes us
// when it does.
constexpr auto kPollInterval = std::chrono::milliseconds(50);

}  // namespace

Turns::Permit& Turns::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    Release();
    turns_ = std::exchange(other.turns_, nullptr);
  }
  return *this;
}

void Turns::Permit::Release() {
  if (Turns* turns = std::exchange(turns_, nullptr)) turns->GiveBack();
}

absl::Status Turns::Permit::Yield(absl::string_view user, const Caller& caller) {
  if (turns_->waiting() == 0) return absl::OkStatus();
  std::unique_lock lock(turns_->mutex_);
  if (turns_->waiting() == 0) return absl::OkStatus();
  Turns* turns = std::exchange(turns_, nullptr);
  absl::Status status = turns->Wait(user, caller, /*holding=*/true, lock);
  if (status.ok()) turns_ = turns;
  return status;
}

absl::StatusOr<Turns::Permit> Turns::Take(absl::string_view user, const Caller& caller) {
  std::unique_lock lock(mutex_);
  if (!closed_.ok()) return closed_;
  if (free_ > 0) {
    --free_;
    return Permit(this);
  }
  if (waiting() >= max_waiting_) {
    return engine::ReasonError(
        absl::StatusCode::kResourceExhausted, "SESSION_BUSY",
        absl::StrCat("the session is busy, and ", max_waiting_, " commands wait for it already"));
  }
  if (absl::Status status = Wait(user, caller, /*holding=*/false, lock); !status.ok())
    return status;
  return Permit(this);
}

std::optional<Turns::Permit> Turns::TakeIdle() {
  std::lock_guard lock(mutex_);
  if (free_ == 0 || !closed_.ok()) return std::nullopt;
  --free_;
  return Permit(this);
}

void Turns::Close(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  closed_ = why;
  for (Queue& queue : rotation_) {
    for (Waiter* waiter : queue.waiters) {
      waiter->refused = true;
      waiter->wake.notify_one();
    }
  }
  rotation_.clear();
  waiting_ = 0;
}

// Queues up, passes on the permit that the caller holds, if any, and returns OK
// with a permit in hand.
absl::Status Turns::Wait(absl::string_view user, const Caller& caller, bool holding,
                         std::unique_lock<std::mutex>& lock) {
  Waiter self;
  Enqueue(user, &self);
  if (holding) PassOn();
  while (!self.granted && !self.refused) {
    self.wake.wait_until(lock, std::min(caller.deadline(), Clock::now() + kPollInterval));
    if (self.granted || self.refused) break;
    lock.unlock();
    absl::Status still_waiting = StillWaiting(caller);
    lock.lock();
    if (!still_waiting.ok() && !self.granted && !self.refused) {
      Withdraw(&self);
      return still_waiting;
    }
  }
  if (self.refused) return closed_;
  lock.unlock();
  // The turn may have come just when the caller went: then nothing must happen
  // any more.
  absl::Status still_waiting = StillWaiting(caller);
  lock.lock();
  if (!still_waiting.ok()) PassOn();
  return still_waiting;
}

void Turns::Enqueue(absl::string_view user, Waiter* waiter) {
  auto queue = std::find_if(rotation_.begin(), rotation_.end(),
                            [&](const Queue& queue) { return queue.user == user; });
  if (queue == rotation_.end()) {
    queue = rotation_.insert(rotation_.end(), {.user = std::string(user), .waiters = {}});
  }
  queue->waiters.push_back(waiter);
  ++waiting_;
}

void Turns::Withdraw(Waiter* waiter) {
  for (auto queue = rotation_.begin(); queue != rotation_.end(); ++queue) {
    if (std::erase(queue->waiters, waiter) == 0) continue;
    if (queue->waiters.empty()) rotation_.erase(queue);
    --waiting_;
    return;
  }
}

void Turns::PassOn() {
  if (rotation_.empty()) {
    ++free_;
    return;
  }
  Queue queue = std::move(rotation_.front());
  rotation_.pop_front();
  Waiter* next = queue.waiters.front();
  queue.waiters.pop_front();
  if (!queue.waiters.empty()) rotation_.push_back(std::move(queue));
  --waiting_;
  next->granted = true;
  next->wake.notify_one();  // under the lock: the waiter dies once it is free
}

void Turns::GiveBack() {
  std::lock_guard lock(mutex_);
  PassOn();
}

}  // namespace spiked::session
