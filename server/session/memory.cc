#include "server/session/memory.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/engine/memory.h"
#include "server/session/error.h"

namespace spiked::session {

// The limit may have come down since something was taken.
uint64_t MemoryBudget::left_here(uint64_t taken) const {
  const uint64_t limit = this->limit();
  return std::min(limit - std::min(limit, taken), left_beside_others(taken));
}

uint64_t MemoryBudget::left_beside_others(uint64_t taken) const {
  if (!leaves_.load(std::memory_order_relaxed)) return kUnlimited;
  return LeftBesideOthers(parent_->left(), taken);
}

uint64_t MemoryBudget::left() const {
  const uint64_t left = left_here(taken());
  return parent_ == nullptr ? left : std::min(left, parent_->left());
}

bool MemoryBudget::Take(uint64_t bytes) {
  uint64_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (bytes > left_here(taken)) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  if (parent_ == nullptr || parent_->Take(bytes)) return true;
  taken_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void MemoryBudget::TakeRegardless(uint64_t bytes) {
  taken_.fetch_add(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->TakeRegardless(bytes);
}

void MemoryBudget::GiveBack(uint64_t bytes) {
  taken_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->GiveBack(bytes);
}

absl::Status MemoryBudget::Spent(uint64_t bytes) const {
  const MemoryBudget* scarce = this;
  while (scarce->parent_ != nullptr && bytes <= scarce->left_here(scarce->taken())) {
    scarce = scarce->parent_;
  }
  if (bytes > scarce->left_beside_others(scarce->taken())) {
    return QuotaError(
        "memory_bytes",
        absl::StrCat(
            "this needs ", bytes, " more bytes of memory; of ", scarce->parent_->whose_, " ",
            scarce->parent_->limit(), ", the account has ", scarce->taken(),
            ", and while it has no quota of its own it leaves as much to others, who have ",
            scarce->parent_->left(), " left"));
  }
  return QuotaError("memory_bytes",
                    absl::StrCat("this needs ", bytes, " more bytes of memory; of ", scarce->whose_,
                                 " ", scarce->limit(), ", ", scarce->taken(), " are taken"));
}

absl::Status MemoryCharge::Resize(uint64_t bytes) {
  if (bytes > bytes_) return Add(bytes - bytes_);
  budget_->GiveBack(bytes_ - bytes);
  bytes_ = bytes;
  return absl::OkStatus();
}

absl::Status MemoryCharge::Add(uint64_t bytes) {
  if (!budget_->Take(bytes)) return budget_->Spent(bytes);
  bytes_ += bytes;
  return absl::OkStatus();
}

void MemoryCharge::AddRegardless(uint64_t bytes) {
  budget_->TakeRegardless(bytes);
  bytes_ += bytes;
}

void* BudgetedMemory::do_allocate(size_t bytes, size_t alignment) {
  if (!budget_.Take(bytes)) throw MemorySpent(bytes);
  if (growing_.load(std::memory_order_relaxed)) {
    uint64_t largest = largest_growth();
    while (bytes > largest && !largest_growth_.compare_exchange_weak(largest, bytes)) {
    }
  }
  try {
    return engine::SystemMemory()->allocate(bytes, alignment);
  } catch (...) {
    budget_.GiveBack(bytes);
    throw;
  }
}

void BudgetedMemory::do_deallocate(void* memory, size_t bytes, size_t alignment) {
  engine::SystemMemory()->deallocate(memory, bytes, alignment);
  budget_.GiveBack(bytes);
}

}  // namespace spiked::session
