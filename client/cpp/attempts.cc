#include "client/cpp/attempts.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/cpp/error.h"

namespace spiked::client {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(20), kLongestPause = absl::Seconds(1);

uint64_t Random() {
  static std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

std::string NewRequestId() {
  // Of this process, with a number: a stream of steps draws thousands a second.
  static const uint64_t process = Random(), more = Random();
  static std::atomic<uint64_t> number{0};
  return absl::StrFormat("%08x-%04x-4%03x-8%03x-%012x", process >> 32, process >> 16 & 0xffff,
                         process & 0xfff, more & 0xfff,
                         number.fetch_add(1, std::memory_order_relaxed) & 0xffff'ffff'ffff);
}

bool MayComeBack(const absl::Status& status) {
  if (!absl::IsUnavailable(status)) return false;
  const std::string reason = GetErrorDetails(status).reason;
  return reason.empty() || reason == "SHUTTING_DOWN" || reason == "SESSION_NOT_READY";
}

bool Attempts::Again(const absl::Status& status) {
  if (!MayComeBack(status)) return false;
  const absl::Time now = absl::Now();
  if (until_ == absl::InfiniteFuture()) {
    until_ = now + patience_;
    pause_ = kFirstPause;
  }
  thread_local std::minstd_rand random{static_cast<uint32_t>(Random())};
  const absl::Duration pause = pause_ * std::uniform_real_distribution<>(0.5, 1.0)(random);
  if (now + pause >= until_) return false;
  absl::SleepFor(pause);
  pause_ = std::min(2 * pause_, kLongestPause);
  return true;
}

}  // namespace spiked::client
