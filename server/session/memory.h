// Memory: what may be taken, who has taken it, and where it comes from. Counted
// where it is allocated, so that nothing needs to be foretold.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <utility>

#include "absl/status/status.h"

namespace spiked::session {

// How much more an account may take that has taken so much and leaves as much to others, where
// there is `left` left in all.
inline uint64_t LeftBesideOthers(uint64_t left, uint64_t taken) {
  return (left - std::min(left, taken)) / 2;
}

// So many bytes, of those of another budget if there is one: a session's of its
// account's, an account's of the server's. Thread-safe.
class MemoryBudget {
 public:
  static constexpr uint64_t kUnlimited = UINT64_MAX;

  // `whose` says so in errors, such as `the server's`. What is taken comes out of the
  // parent's budget, too, which must outlive this one.
  explicit MemoryBudget(uint64_t limit, const char* whose = "the server's",
                        MemoryBudget* parent = nullptr)
      : limit_(limit), whose_(whose), parent_(parent) {}
  MemoryBudget(const MemoryBudget&) = delete;

  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // What has been taken stays.
  void SetLimit(uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  // Whether no more may be taken than is left of the parent's, so that one alone never takes
  // all; it must have one.
  void SetLeavesToOthers(bool leaves) { leaves_.store(leaves, std::memory_order_relaxed); }
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  // What is left of this and of those that it is part of.
  uint64_t left() const;

  // Whether there was so much; else nothing changes.
  bool Take(uint64_t bytes);
  // What is there already.
  void TakeRegardless(uint64_t bytes);
  void GiveBack(uint64_t bytes);

  // RESOURCE_EXHAUSTED (quota `memory_bytes`): there are not so many bytes left.
  absl::Status Spent(uint64_t bytes) const;

 private:
  uint64_t left_here(uint64_t taken) const;  // whatever the parent says
  // How much of it would still leave as much to others.
  uint64_t left_beside_others(uint64_t taken) const;

  std::atomic<uint64_t> limit_;
  std::atomic<bool> leaves_{false};
  const char* const whose_;
  MemoryBudget* const parent_;
  std::atomic<uint64_t> taken_{0};
};

// What one holder has taken from a budget; given back when it dies.
class MemoryCharge {
 public:
  explicit MemoryCharge(MemoryBudget* budget) : budget_(budget) {}
  MemoryCharge(MemoryCharge&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&&) = delete;
  ~MemoryCharge() { budget_->GiveBack(bytes_); }

  MemoryBudget& budget() const { return *budget_; }
  // Takes from that one from here on; only while nothing has been taken.
  void SetBudget(MemoryBudget* budget) { budget_ = budget; }
  uint64_t bytes() const { return bytes_; }
  // Takes or gives back the difference. RESOURCE_EXHAUSTED (quota
  // `memory_bytes`) if the budget has not that much left; then nothing changes.
  absl::Status Resize(uint64_t bytes);
  absl::Status Add(uint64_t bytes);
  // Whether there is so much or not, of what is there already.
  void AddRegardless(uint64_t bytes);
  // What another charge on the same budget has taken.
  void Take(MemoryCharge&& other) { bytes_ += std::exchange(other.bytes_, 0); }

 private:
  MemoryBudget* budget_;
  uint64_t bytes_ = 0;
};

// Thrown where a budget is spent in the middle of something.
class MemorySpent final : public std::bad_alloc {
 public:
  explicit MemorySpent(uint64_t bytes) : bytes_(bytes) {}
  const char* what() const noexcept override { return "a budget of memory is spent"; }
  uint64_t bytes() const { return bytes_; }  // that were asked for

 private:
  uint64_t bytes_;
};

// Memory for containers, charged to a budget. Throws MemorySpent when that is
// spent. Thread-safe.
class BudgetedMemory final : public std::pmr::memory_resource {
 public:
  explicit BudgetedMemory(MemoryBudget* budget) : budget_(*budget) {}

  // The largest piece that was asked for while it grew; what has grown to that size
  // by doubling asks for twice as much next.
  uint64_t largest_growth() const { return largest_growth_.load(std::memory_order_relaxed); }
  void set_growing(bool growing) { growing_ = growing; }

 private:
  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* memory, size_t bytes, size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  MemoryBudget& budget_;
  std::atomic<bool> growing_{false};
  std::atomic<uint64_t> largest_growth_{0};
};

}  // namespace spiked::session
