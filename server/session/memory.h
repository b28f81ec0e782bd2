// Accounts for the memory that sessions take, before they take it.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"

namespace spiked::session {

// So many bytes for all sessions together. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(uint64_t limit) : limit_(limit) {}

  uint64_t limit() const { return limit_; }
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  friend class MemoryCharge;
  bool Take(uint64_t bytes);
  void GiveBack(uint64_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }

  const uint64_t limit_;
  std::atomic<uint64_t> taken_{0};
};

// What one holder has taken from the budget; given back when it dies.
class MemoryCharge {
 public:
  explicit MemoryCharge(MemoryBudget* budget) : budget_(budget) {}
  MemoryCharge(MemoryCharge&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&&) = delete;
  ~MemoryCharge() { budget_->GiveBack(bytes_); }

  uint64_t bytes() const { return bytes_; }
  // Takes or gives back the difference. RESOURCE_EXHAUSTED (quota
  // `memory_bytes`) if the budget has not that much left; then nothing changes.
  absl::Status Resize(uint64_t bytes);

 private:
  MemoryBudget* budget_;
  uint64_t bytes_ = 0;
};

}  // namespace spiked::session
