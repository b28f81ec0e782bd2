#include "server/session/counters.h"

#include <utility>

#include "server/engine/error.h"

namespace spiked::session {
namespace {

// Reasons are constants of ours; of more there is something wrong.
constexpr size_t kMostReasons = 100;

std::vector<std::unique_ptr<Counters::OfCommand>> OneForEach() {
  std::vector<std::unique_ptr<Counters::OfCommand>> commands;
  for (size_t k = 0; k < Commands().size(); ++k) {
    commands.push_back(std::make_unique<Counters::OfCommand>());
  }
  return commands;
}

}  // namespace

Counters::Counters() : commands_(OneForEach()) {}

Counters::OfCommand& Counters::Of(const Command& command) const {
  return *commands_[static_cast<size_t>(&command - Commands().data())];
}

void Counters::Count(const Command& command, const absl::Status& status,
                     std::chrono::nanoseconds duration) {
  OfCommand& counted = Of(command);
  counted.codes[static_cast<size_t>(status.code())].fetch_add(1, std::memory_order_relaxed);
  counted.durations.Add(duration);
  if (!status.ok()) CountError(status);
}

void Counters::CountRefused(const Command& command, const absl::Status& status) {
  Of(command).codes[static_cast<size_t>(status.code())].fetch_add(1, std::memory_order_relaxed);
  CountError(status);
}

void Counters::CountSimulated(double ms, const engine::Activity& activity) {
  simulated_ns_.fetch_add(static_cast<int64_t>(ms * 1e6), std::memory_order_relaxed);
  spikes_.fetch_add(activity.spikes, std::memory_order_relaxed);
  synaptic_events_.fetch_add(activity.synaptic_events, std::memory_order_relaxed);
}

void Counters::CountFrames(uint64_t shown, uint64_t lost) {
  frames_shown_.fetch_add(shown, std::memory_order_relaxed);
  frames_lost_.fetch_add(lost, std::memory_order_relaxed);
}

engine::Activity Counters::activity() const {
  return {.spikes = spikes_.load(std::memory_order_relaxed),
          .synaptic_events = synaptic_events_.load(std::memory_order_relaxed)};
}

double Counters::simulated_s() const {
  return 1e-9 * static_cast<double>(simulated_ns_.load(std::memory_order_relaxed));
}

void Counters::CountError(const absl::Status& status) {
  std::string reason = engine::ReasonOf(status).value_or(absl::StatusCodeToString(status.code()));
  std::lock_guard lock(mutex_);
  if (refusals_.size() >= kMostReasons && !refusals_.contains(reason)) return;
  ++refusals_[std::move(reason)];
}

std::map<std::string, uint64_t> Counters::refusals() const {
  std::lock_guard lock(mutex_);
  return refusals_;
}

}  // namespace spiked::session
