#include "server/session/turns.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

// How often a waiting caller is asked whether it has gone: nothing wakes us
// when it does, and asking costs as much as a short step.
constexpr auto kPollInterval = std::chrono::milliseconds(250);

}  // namespace

Turns::Permit& Turns::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    Release();
    turns_ = std::exchange(other.turns_, nullptr);
    user_ = other.user_;
  }
  return *this;
}

void Turns::Permit::Release() {
  if (Turns* turns = std::exchange(turns_, nullptr)) {
    std::lock_guard lock(turns->mutex_);
    turns->GiveBack(user_);
    turns->Admit();
  }
}

absl::Status Turns::Permit::Yield(const Caller& caller) {
  if (!turns_->contested_.load(std::memory_order_relaxed)) return absl::OkStatus();
  std::unique_lock lock(turns_->mutex_);
  Turns* turns = std::exchange(turns_, nullptr);
  turns->GiveBack(user_);
  absl::Status status = turns->Wait(user_, caller, lock);
  if (status.ok()) turns_ = turns;
  return status;
}

absl::StatusOr<Turns::Permit> Turns::Take(absl::string_view name, const Caller& caller) {
  std::unique_lock lock(mutex_);
  if (!closed_.ok()) return closed_;
  const auto user = FindUser(name);
  if (user->waiters.empty() && MayTake(*user)) {
    Grant(user);
    Admit();
    return Permit(this, &*user);
  }
  if (waiting() >= max_waiting_) {
    return engine::ReasonError(
        absl::StatusCode::kResourceExhausted, "SESSION_BUSY",
        absl::StrCat("the session is busy, and ", max_waiting_, " commands wait for it already"));
  }
  if (absl::Status status = Wait(&*user, caller, lock); !status.ok()) return status;
  return Permit(this, &*user);
}

std::optional<Turns::Permit> Turns::TakeIdle(absl::string_view name) {
  std::lock_guard lock(mutex_);
  if (held_ >= permits_ || waiting() > 0 || !closed_.ok()) return std::nullopt;
  const auto user = FindUser(name);
  Grant(user);
  return Permit(this, &*user);
}

void Turns::Close(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  closed_ = why;
  for (User& user : users_) {
    for (Waiter* waiter : user.waiters) {
      waiter->refused = true;
      waiter->wake.notify_one();
    }
    user.waiters.clear();
  }
  waiting_ = 0;
  Admit();
}

std::list<Turns::User>::iterator Turns::FindUser(absl::string_view name) {
  const auto user = std::find_if(users_.begin(), users_.end(),
                                 [&](const User& user) { return user.name == name; });
  if (user != users_.end()) return user;
  return users_.insert(users_.end(), {.name = std::string(name), .held = 0, .waiters = {}});
}

bool Turns::MayTake(const User& user) const {
  if (held_ < permits_) return true;
  return rule_ == Rule::kLenient && (users_.size() == 1 || user.held == 0);
}

// Users who have been granted something go to the end.
void Turns::Grant(std::list<User>::iterator user) {
  ++user->held;
  ++held_;
  users_.splice(users_.end(), users_, user);
}

void Turns::GiveBack(User* user) {
  --user->held;
  --held_;
}

// Queues up and returns OK with a permit granted to the user.
absl::Status Turns::Wait(User* user, const Caller& caller, std::unique_lock<std::mutex>& lock) {
  Waiter self;
  user->waiters.push_back(&self);
  ++waiting_;
  Admit();
  while (!self.granted && !self.refused) {
    self.wake.wait_until(lock, std::min(caller.deadline(), Clock::now() + kPollInterval));
    if (self.granted || self.refused) break;
    lock.unlock();
    absl::Status still_waiting = StillWaiting(caller);
    lock.lock();
    if (!still_waiting.ok() && !self.granted && !self.refused) {
      std::erase(user->waiters, &self);
      --waiting_;
      Admit();
      return still_waiting;
    }
  }
  if (self.refused) return closed_;
  lock.unlock();
  // The turn may have come just when the caller went: then nothing must happen
  // any more.
  absl::Status still_waiting = StillWaiting(caller);
  lock.lock();
  if (!still_waiting.ok()) {
    GiveBack(user);
    Admit();
  }
  return still_waiting;
}

void Turns::Admit() {
  users_.remove_if([](const User& user) { return user.held == 0 && user.waiters.empty(); });
  for (auto user = users_.begin(); user != users_.end();) {
    if (user->waiters.empty() || !MayTake(*user)) {
      ++user;
      continue;
    }
    Waiter* next = user->waiters.front();
    user->waiters.pop_front();
    --waiting_;
    next->granted = true;
    next->wake.notify_one();  // under the lock: the waiter dies once it is free
    Grant(user);
    user = users_.begin();
  }
  contested_ = waiting() > 0 || (users_.size() > 1 && held_ > permits_);
}

}  // namespace spiked::session
