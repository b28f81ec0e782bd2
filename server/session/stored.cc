#include "server/session/stored.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/session/error.h"
#include "server/session/memory.h"

namespace spiked::session {

uint64_t StoredTotal::left() const {
  const uint64_t capacity = capacity_;
  return capacity - std::min<uint64_t>(capacity, bytes_);
}

absl::Status StoredBytes::Check(uint64_t more) const {
  const uint64_t bytes = bytes_, limit = limit_;
  if (bytes >= limit || more > limit - bytes) {
    return QuotaError("stored_bytes",
                      absl::StrCat("what is stored of the account's sessions takes ", bytes,
                                   " bytes, and may take ", limit));
  }
  if (!leaves_) return absl::OkStatus();
  const uint64_t left = total_.left();
  if (bytes < left && more <= LeftBesideOthers(left, bytes)) return absl::OkStatus();
  return QuotaError("stored_bytes",
                    absl::StrCat("what is stored of the account's sessions takes ", bytes,
                                 " bytes, and while the account has no quota of its own it leaves "
                                 "as much to others, for whom there are ",
                                 left, " left"));
}

}  // namespace spiked::session
