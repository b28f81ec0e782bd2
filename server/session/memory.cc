#include "server/session/memory.h"

#include "absl/strings/str_cat.h"
#include "server/session/error.h"

namespace spiked::session {

bool MemoryBudget::Take(uint64_t bytes) {
  uint64_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ - taken) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  return true;
}

absl::Status MemoryCharge::Resize(uint64_t bytes) {
  if (bytes > bytes_) {
    if (!budget_->Take(bytes - bytes_)) {
      return QuotaError("memory_bytes",
                        absl::StrCat("this needs ", bytes - bytes_,
                                     " more bytes of memory, recordings at their limits included; "
                                     "of the server's ",
                                     budget_->limit(), ", ", budget_->taken(), " are taken"));
    }
  } else {
    budget_->GiveBack(bytes_ - bytes);
  }
  bytes_ = bytes;
  return absl::OkStatus();
}

}  // namespace spiked::session
