// How long things take, counted without a lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace spiked::session {

// How long something took, each time. Thread-safe.
class Durations {
 public:
  // Upper bounds in nanoseconds; what takes longer comes last.
  static constexpr std::array<int64_t, 19> kBounds = {
      20'000,        50'000,        100'000,        200'000,       500'000,
      1'000'000,     2'000'000,     5'000'000,      10'000'000,    20'000'000,
      50'000'000,    100'000'000,   200'000'000,    500'000'000,   1'000'000'000,
      2'000'000'000, 5'000'000'000, 10'000'000'000, 60'000'000'000};

  struct Reading {
    std::array<uint64_t, kBounds.size() + 1> counts;  // up to each bound, from the one before
    double sum_s;
  };

  void Add(std::chrono::nanoseconds duration) {
    size_t k = 0;
    while (k < kBounds.size() && duration.count() > kBounds[k]) ++k;
    counts_[k].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(duration.count(), std::memory_order_relaxed);
  }
  Reading Read() const {
    Reading reading{};
    for (size_t k = 0; k < counts_.size(); ++k) {
      reading.counts[k] = counts_[k].load(std::memory_order_relaxed);
    }
    reading.sum_s = 1e-9 * static_cast<double>(sum_ns_.load(std::memory_order_relaxed));
    return reading;
  }

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<int64_t> sum_ns_{0};
};

}  // namespace spiked::session
