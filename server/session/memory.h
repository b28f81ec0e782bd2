// Accounts for the memory that sessions take, before they take it.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"

namespace spiked::session {

// So many bytes for all sessions of the server, or of an account. Thread-safe.
class MemoryBudget {
 public:
  // `whose` says so in errors, such as `the server's`. What is taken comes out of the
  // parent's budget, too, which must outlive this one.
  explicit MemoryBudget(uint64_t limit, const char* whose = "the server's",
                        MemoryBudget* parent = nullptr)
      : limit_(limit), whose_(whose), parent_(parent) {}

  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // What has been taken stays.
  void SetLimit(uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  friend class MemoryCharge;
  // Null if there was enough; else whose was too small, and nothing is taken.
  const MemoryBudget* Take(uint64_t bytes);
  void GiveBack(uint64_t bytes) {
    taken_.fetch_sub(bytes, std::memory_order_relaxed);
    if (parent_ != nullptr) parent_->GiveBack(bytes);
  }

  std::atomic<uint64_t> limit_;
  const char* const whose_;
  MemoryBudget* const parent_;
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
  MemoryBudget* budget() const { return budget_; }
  // Takes or gives back the difference. RESOURCE_EXHAUSTED (quota
  // `memory_bytes`) if the budget has not that much left; then nothing changes.
  absl::Status Resize(uint64_t bytes);

 private:
  MemoryBudget* budget_;
  uint64_t bytes_ = 0;
};

}  // namespace spiked::session
