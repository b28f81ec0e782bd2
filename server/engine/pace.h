// How work that may take long is left in the midst of it.
//
// The engine knows no clock: it counts what it does, and asks now and then whether
// to go on. Where it asks follows from the work alone, not from threads or time,
// so that what was stopped at the n-th asking can be stopped there once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace spiked::engine {

class Pace {
 public:
  // Whether to stop.
  using Stop = std::function<bool()>;

  static constexpr uint64_t kWorkBetweenAsks = 1 << 17;

  // About so much work, in nanoseconds of a core of today, passes between two
  // askings; a piece of work that cannot be left is a few times that at most.
  explicit Pace(Stop stop, uint64_t work_between_asks = kWorkBetweenAsks)
      : stop_(std::move(stop)), work_between_asks_(work_between_asks) {}
  Pace(const Pace&) = delete;

  uint64_t work_between_asks() const { return work_between_asks_; }

  // So much has been done. Whether to stop: from the first yes on.
  bool Spend(uint64_t work) {
    spent_ += work;
    if (spent_ >= work_between_asks_) Ask();
    return stopped_;
  }

  bool stopped() const { return stopped_; }
  // How often it has asked.
  uint64_t asks() const { return asks_; }

 private:
  void Ask() {
    spent_ = 0;
    ++asks_;
    stopped_ = stopped_ || stop_();
  }

  Stop stop_;
  const uint64_t work_between_asks_;
  uint64_t spent_ = 0, asks_ = 0;
  bool stopped_ = false;
};

// Without a pace nothing stops.
inline bool Spend(Pace* pace, uint64_t work) { return pace != nullptr && pace->Spend(work); }

// Makes an empty vector that large, piece by piece: fresh memory takes its time.
// False if stopped.
template <typename Vector>
bool FillUp(Vector* vector, size_t size, const typename Vector::value_type& value, Pace* pace) {
  constexpr size_t kPieceBytes = 1 << 18;
  constexpr uint64_t kWorkOfPiece = 1 << 17;
  constexpr size_t kPiece = kPieceBytes / sizeof(value) + 1;
  vector->reserve(size);
  while (vector->size() < size) {
    const size_t more = size - vector->size() < kPiece ? size - vector->size() : kPiece;
    vector->resize(vector->size() + more, value);
    if (more == kPiece && Spend(pace, kWorkOfPiece)) return false;
  }
  return true;
}

}  // namespace spiked::engine
