// What is stored of sessions, in bytes: of each account's, and of all together. How much a
// command stores is known when it has been stored, so room is asked for before it begins.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "absl/status/status.h"

namespace spiked::session {

// Of all accounts. Thread-safe.
class StoredTotal {
 public:
  // How much there may be in all.
  void SetCapacity(uint64_t bytes) { capacity_ = bytes; }
  void Count(int64_t bytes) { bytes_ += static_cast<uint64_t>(bytes); }
  uint64_t left() const;

 private:
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> capacity_{std::numeric_limits<uint64_t>::max()};
};

// Of one account. Thread-safe.
class StoredBytes {
 public:
  // `total` must outlive it.
  explicit StoredBytes(StoredTotal* total) : total_(*total) {}
  StoredBytes(const StoredBytes&) = delete;

  // So much there may be.
  void SetLimit(uint64_t bytes) { limit_ = bytes; }
  // Whether there may be no more than is left for others, so that one alone never takes all.
  void SetLeavesToOthers(bool leaves) { leaves_ = leaves; }
  // So much more is stored than before, or less.
  void Count(int64_t bytes) {
    bytes_ += static_cast<uint64_t>(bytes);
    total_.Count(bytes);
  }
  uint64_t bytes() const { return bytes_; }

  // RESOURCE_EXHAUSTED (quota `stored_bytes`), unless there is room for more, of so many bytes
  // at least.
  absl::Status Check(uint64_t more) const;

 private:
  StoredTotal& total_;
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> limit_{std::numeric_limits<uint64_t>::max()};
  std::atomic<bool> leaves_{false};
};

}  // namespace spiked::session
