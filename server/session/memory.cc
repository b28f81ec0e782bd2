#include "server/session/memory.h"

#include "absl/strings/str_cat.h"
#include "server/session/error.h"

namespace spiked::session {

const MemoryBudget* MemoryBudget::Take(uint64_t bytes) {
  const uint64_t limit = this->limit();
  uint64_t taken = taken_.load(std::memory_order_relaxed);
  do {
    // The limit may have come down since.
    if (taken > limit || bytes > limit - taken) return this;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  const MemoryBudget* const refused = parent_ == nullptr ? nullptr : parent_->Take(bytes);
  if (refused != nullptr) taken_.fetch_sub(bytes, std::memory_order_relaxed);
  return refused;
}

absl::Status MemoryCharge::Resize(uint64_t bytes) {
  if (bytes > bytes_) {
    if (const MemoryBudget* refused = budget_->Take(bytes - bytes_)) {
      return QuotaError("memory_bytes",
                        absl::StrCat("this needs ", bytes - bytes_,
                                     " more bytes of memory, recordings at their limits included; "
                                     "of ",
                                     refused->whose_, " ", refused->limit(), ", ", refused->taken(),
                                     " are taken"));
    }
  } else {
    budget_->GiveBack(bytes_ - bytes);
  }
  bytes_ = bytes;
  return absl::OkStatus();
}

}  // namespace spiked::session
