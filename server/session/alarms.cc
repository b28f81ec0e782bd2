#include "server/session/alarms.h"

#include <utility>

namespace spiked::session {

Alarms::Alarms() : thread_([this] { Serve(); }) {}

void Alarms::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sooner_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Alarms::At(Clock::time_point when, std::function<void()> call) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    const auto entry = calls_.emplace(when, std::move(call));
    first = entry == calls_.begin();
  }
  if (first) sooner_.notify_one();
}

void Alarms::Serve() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (calls_.empty()) {
      sooner_.wait(lock);
      continue;
    }
    const auto next = calls_.begin();
    if (const auto when = next->first; when > Clock::now()) {
      sooner_.wait_until(lock, when);
      continue;
    }
    const auto call = std::move(next->second);
    calls_.erase(next);
    lock.unlock();
    call();
    lock.lock();
  }
}

}  // namespace spiked::session
