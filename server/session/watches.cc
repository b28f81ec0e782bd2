#include "server/session/watches.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/engine/number.h"

namespace spiked::session {
namespace {

constexpr double kDefaultRateHz = 10, kMinRateHz = 0.01, kMaxRateHz = 50;

absl::StatusOr<Clock::duration> IntervalOf(double rate_hz) {
  if (rate_hz == 0) rate_hz = kDefaultRateHz;
  // Written so that NaN is refused, too.
  if (!(rate_hz >= kMinRateHz && rate_hz <= kMaxRateHz)) {
    return engine::InvalidField("max_rate_hz",
                                absl::StrCat("must be from ", kMinRateHz, " to ", kMaxRateHz,
                                             " frames a second, not ", engine::ToText(rate_hz)));
  }
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate_hz));
}

// What this thread has computed: not how long it had to wait for a core.
Clock::duration ComputedHere() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

absl::Status Watches::Add(Operation* operation) {
  const auto& request = static_cast<const v1::WatchSessionRequest&>(*operation->request);
  const auto interval = IntervalOf(request.max_rate_hz());
  if (!interval.ok()) return interval.status();
  auto watch = std::make_unique<Watch>(
      Watch{.operation = operation,
            .view = View(request.readout(), &operation->caller.account->memory),
            .interval = *interval,
            .due = Clock::now()});
  std::lock_guard lock(mutex_);
  watches_.push_back(std::move(watch));
  count_.store(watches_.size(), std::memory_order_relaxed);
  return absl::OkStatus();
}

std::vector<std::unique_ptr<Watches::Watch>>::iterator Watches::Find(const Operation* operation) {
  return std::ranges::find(watches_, operation, [](const auto& watch) { return watch->operation; });
}

std::unique_ptr<Watches::Watch> Watches::Take(std::vector<std::unique_ptr<Watch>>::iterator watch) {
  auto taken = std::move(*watch);
  watches_.erase(watch);
  count_.store(watches_.size(), std::memory_order_relaxed);
  return taken;
}

bool Watches::Remove(Operation* operation, const absl::Status& why) {
  std::unique_ptr<Watch> taken;  // gone before its operation is
  {
    std::lock_guard lock(mutex_);
    const auto found = Find(operation);
    if (found == watches_.end()) return false;
    if ((*found)->showing) {
      (*found)->ended = why;
      return true;
    }
    taken = Take(found);
  }
  taken.reset();
  operation->Done(why);
  return true;
}

void Watches::End(absl::FunctionRef<absl::Status(const Operation&)> ended) {
  std::vector<std::pair<Operation*, absl::Status>> over;
  {
    std::lock_guard lock(mutex_);
    for (const auto& watch : watches_) {
      absl::Status why = ended(*watch->operation);
      if (!why.ok()) over.emplace_back(watch->operation, std::move(why));
    }
  }
  for (const auto& [operation, why] : over) Remove(operation, why);
}

std::map<std::string, uint32_t> Watches::Accounts() const {
  std::map<std::string, uint32_t> accounts;
  std::lock_guard lock(mutex_);
  for (const auto& watch : watches_) ++accounts[watch->operation->caller.who->name];
  return accounts;
}

void Watches::Begun() {
  if (!any()) return;
  const auto now = Clock::now();
  std::lock_guard lock(mutex_);
  for (const auto& watch : watches_) {
    if (!watch->busy_since) watch->busy_since = now;
  }
}

void Watches::Changed() {
  if (!any()) return;
  std::lock_guard lock(mutex_);
  ++changes_;
}

void Watches::BeginAnew() {
  std::lock_guard lock(mutex_);
  for (const auto& watch : watches_) watch->view.BeginAnew();
  ++changes_;
}

void Watches::Ready(const Operation* operation) {
  std::lock_guard lock(mutex_);
  const auto found = Find(operation);
  if (found == watches_.end()) return;
  (*found)->ready = true;
  (*found)->view.Sent();
}

Clock::time_point Watches::Due(bool all) const {
  if (!any()) return Clock::time_point::max();
  std::lock_guard lock(mutex_);
  auto due = Clock::time_point::max();
  for (const auto& watch : watches_) {
    if (Wanted(*watch) && (watch->ready || all)) due = std::min(due, watch->due);
  }
  return due == Clock::time_point::max() ? due : std::max(due, not_before_);
}

Watches::Watch* Watches::Next(Clock::time_point now) {
  for (const auto& watch : watches_) {
    if (Wanted(*watch) && watch->due <= now) return watch.get();
  }
  return nullptr;
}

Watches::Frames Watches::Show(Machine& machine, v1::SessionState state, bool busy,
                              Cores::Turn& turn,
                              absl::FunctionRef<absl::Status(Operation&)> allowed) {
  Frames frames;
  const auto begin = Clock::now();
  const auto computed = ComputedHere();
  std::unique_lock lock(mutex_);
  if (begin < not_before_) return frames;
  while (Watch* const watch = Next(begin)) {
    // On the average as often as was asked for.
    const bool late = begin - watch->due >= watch->interval;
    watch->due = (late ? begin : watch->due) + watch->interval;
    if (!watch->ready) {
      ++watch->lost;
      ++frames.lost;
      continue;
    }
    watch->ready = false;
    watch->showing = true;
    const uint64_t lost = std::exchange(watch->lost, 0);
    watch->at_rest = watch->seen == changes_;
    watch->seen = changes_;
    Operation* const operation = watch->operation;
    lock.unlock();
    const auto shown = Clock::now();
    absl::Status status = allowed(*operation);
    if (status.ok()) status = Show(machine, state, watch, lost, shown);
    if (status.ok()) ++frames.shown;
    turn.Bill(operation->caller.account->turns, Clock::now() - shown);
    lock.lock();
    watch->showing = false;
    watch->busy_since = busy ? std::optional(shown) : std::nullopt;
    if (!watch->ended.ok()) status = watch->ended;
    if (status.ok()) continue;
    auto taken = Take(Find(operation));
    lock.unlock();
    taken.reset();
    operation->Done(std::move(status));
    lock.lock();
  }
  not_before_ = Clock::now() + kPartOfTime * (ComputedHere() - computed);
  return frames;
}

absl::Status Watches::Show(Machine& machine, v1::SessionState state, Watch* watch, uint64_t lost,
                           Clock::time_point now) {
  v1::WatchSessionResponse frame;
  if (absl::Status status = machine.Show(&watch->view, &frame); !status.ok()) return status;
  frame.set_state(state);
  frame.set_lost_frames(lost);
  const double passed_ms = frame.time_ms() - frame.begin_time_ms();
  const double took_ms =
      watch->busy_since
          ? std::chrono::duration<double, std::milli>(now - *watch->busy_since).count()
          : 0;
  if (took_ms > 0 && passed_ms > 0) frame.set_speed(passed_ms / took_ms);
  return watch->operation->SendFrame(frame);
}

}  // namespace spiked::session
