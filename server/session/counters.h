// What is counted for those who look after a server: where it happens, without a lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/engine/network.h"
#include "server/session/command.h"
#include "server/session/durations.h"

namespace spiked::session {

class Counters {
 public:
  static constexpr size_t kCodes = 17;  // of absl::StatusCode

  // Of one command of the table.
  struct OfCommand {
    std::array<std::atomic<uint64_t>, kCodes> codes{};
    Durations durations;  // of those that have begun
  };

  Counters();

  // A command is over, so long after it had arrived.
  void Count(const Command& command, const absl::Status& status, std::chrono::nanoseconds duration);
  // A call has ended before there was a command.
  void CountRefused(const Command& command, const absl::Status& status);
  // So much biological time has passed in a session, with what has happened in it.
  void CountSimulated(double ms, const engine::Activity& activity);
  // Watches of sessions have been shown so many frames, and have lost so many.
  void CountFrames(uint64_t shown, uint64_t lost);

  // In the order of the table.
  const std::vector<std::unique_ptr<OfCommand>>& commands() const { return commands_; }
  double simulated_s() const;
  engine::Activity activity() const;
  uint64_t frames_shown() const { return frames_shown_.load(std::memory_order_relaxed); }
  uint64_t frames_lost() const { return frames_lost_.load(std::memory_order_relaxed); }
  // How often commands have failed, by reason.
  std::map<std::string, uint64_t> refusals() const;

 private:
  OfCommand& Of(const Command& command) const;
  void CountError(const absl::Status& status);

  const std::vector<std::unique_ptr<OfCommand>> commands_;
  std::atomic<int64_t> simulated_ns_{0};
  std::atomic<uint64_t> spikes_{0}, synaptic_events_{0};
  std::atomic<uint64_t> frames_shown_{0}, frames_lost_{0};
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> refusals_;
};

}  // namespace spiked::session
