#include "server/engine/crew.h"

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

Crew::Crew(int threads) {
  for (int k = 1; k < threads; ++k) helpers_.emplace_back([this] { Help(); });
}

Crew::~Crew() {
  dismissed_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Crew::ForEach(uint32_t n, Work work) {
  work_ = &work;
  count_ = n;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<uint32_t>(helpers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  DoAll();
  for (uint32_t busy = busy_.load(std::memory_order_acquire); busy != 0;) {
    busy = WaitWhile(busy_, busy);
  }
  if (failed_.exchange(false, std::memory_order_relaxed)) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
}

void Crew::Help() {
  for (uint32_t round = 0;;) {
    round = WaitWhile(round_, round);
    if (dismissed_.load(std::memory_order_relaxed)) return;
    DoAll();
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
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
