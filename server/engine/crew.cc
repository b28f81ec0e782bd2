#include "server/engine/crew.h"

#include <algorithm>
#include <utility>

namespace spiked::engine {
namespace {

// Rounds follow one another within microseconds, and to be woken takes longer.
constexpr int kSpins = 2000;

// Waits until the value is no longer `old`; returns what it is now.
uint32_t WaitWhile(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    const uint32_t now = value.load(std::memory_order_acquire);
    if (now != old) return now;
#if defined(__SSE2__)
    __builtin_ia32_pause();
#endif
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

Helpers::Helpers(int threads) {
  threads_.reserve(static_cast<size_t>(std::max(0, threads)));
  try {
    for (int k = 0; k < threads; ++k) threads_.emplace_back([this] { Serve(); });
  } catch (const std::exception&) {
    // Those that there are share the work.
  }
  std::lock_guard lock(mutex_);
  idle_ = static_cast<int>(threads_.size());
}

Helpers::~Helpers() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_or_stopping_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Helpers::Serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_or_stopping_.wait(lock, [this] { return stopping_ || !wanted_.empty(); });
    if (wanted_.empty()) return;
    Crew* const crew = wanted_.front();
    wanted_.pop_front();
    ++crew->come_;
    lock.unlock();
    crew->Help();
    lock.lock();
    ++idle_;
    if (--crew->come_ == 0) left_.notify_all();
  }
}

void Crew::Call(int most) {
  std::lock_guard lock(helpers_->mutex_);
  const int called = std::clamp(most, 0, helpers_->idle_);
  helpers_->idle_ -= called;
  called_ += called;
  for (int k = 0; k < called; ++k) {
    helpers_->wanted_.push_back(this);
    helpers_->wanted_or_stopping_.notify_one();
  }
}

void Crew::Dismiss() {
  if (called_ == 0) return;
  std::unique_lock lock(helpers_->mutex_);
  helpers_->idle_ += static_cast<int>(std::erase(helpers_->wanted_, this));
  dismissed_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  helpers_->left_.wait(lock, [this] { return come_ == 0; });
  dismissed_.store(false, std::memory_order_relaxed);
  called_ = 0;
}

void Crew::ForEach(uint32_t n, Work work) {
  if (called_ == 0 || n < 2) {
    for (uint32_t k = 0; k < n; ++k) work(k);
    return;
  }
  work_ = &work;
  count_ = n;
  next_.store(0, std::memory_order_relaxed);
  at_work_.fetch_sub(kClosed, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  DoAll();
  uint32_t at_work = at_work_.fetch_add(kClosed, std::memory_order_acq_rel) + kClosed;
  while (at_work != kClosed) at_work = WaitWhile(at_work_, at_work);
  if (failed_.exchange(false, std::memory_order_relaxed)) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
}

void Crew::Help() {
  for (uint32_t round = 0;;) {
    round = WaitWhile(round_, round);
    if (dismissed_.load(std::memory_order_relaxed)) return;
    // Who comes late finds the work closed.
    if ((at_work_.fetch_add(1, std::memory_order_acquire) & kClosed) == 0) DoAll();
    if (at_work_.fetch_sub(1, std::memory_order_acq_rel) == kClosed + 1) at_work_.notify_one();
  }
}

void Crew::DoAll() {
  try {
    while (!failed_.load(std::memory_order_relaxed)) {
      const uint32_t k = next_.fetch_add(1, std::memory_order_relaxed);
      if (k >= count_) return;
      (*work_)(k);
    }
  } catch (...) {
    if (!failed_.exchange(true, std::memory_order_relaxed)) failure_ = std::current_exception();
  }
}

}  // namespace spiked::engine
