#include "server/session/watches.h"

#include <time.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/session/error.h"

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

// When a frame is due that follows one of that time. All who ask for the same rate agree, and
// nobody gets more than one between two such times.
Clock::time_point DueAfter(Clock::time_point time, Clock::duration interval) {
  const auto nearest = (time.time_since_epoch() + interval / 2) / interval;
  return Clock::time_point((nearest + 1) * interval);
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
  auto sight = std::make_shared<const Sight>(request.readout());
  std::lock_guard lock(mutex_);
  const auto same = std::ranges::find_if(
      watches_, [&](const auto& watch) { return watch->sight->bytes == sight->bytes; });
  if (same != watches_.end()) sight = (*same)->sight;
  watches_.push_back(
      std::make_unique<Watch>(Watch{.operation = operation,
                                    .sight = sight,
                                    .view = std::make_shared<const View>(sight),
                                    .charge = MemoryCharge(&operation->caller.account->memory),
                                    .interval = *interval,
                                    .due = Clock::now()}));
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
  for (const auto& watch : watches_) {
    watch->view = std::make_shared<const View>(watch->view->Anew());
  }
  ++changes_;
}

void Watches::Ready(const Operation* operation) {
  std::lock_guard lock(mutex_);
  const auto found = Find(operation);
  if (found == watches_.end()) return;
  (*found)->ready = true;
  (void)(*found)->charge.Resize((*found)->view->kept_bytes());  // giving back never fails
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

std::vector<Watches::Showing> Watches::Begin(Clock::time_point now, Frames* frames) {
  std::vector<Showing> all;
  for (const auto& watch : watches_) {
    if (!Wanted(*watch) || watch->due > now) continue;
    watch->due = DueAfter(now, watch->interval);
    if (!watch->ready) {
      ++watch->lost;
      ++frames->lost;
      continue;
    }
    watch->ready = false;
    watch->showing = true;
    watch->at_rest = watch->seen == changes_;
    watch->seen = changes_;
    all.push_back({.watch = watch.get(), .lost = std::exchange(watch->lost, 0)});
  }
  return all;
}

Watches::Frames Watches::Show(Machine& machine, v1::SessionState state, bool busy,
                              Cores::Turn& turn,
                              absl::FunctionRef<absl::Status(Operation&)> allowed) {
  Frames frames;
  const auto now = Clock::now();
  const auto computed = ComputedHere();
  std::vector<Showing> all;
  {
    std::lock_guard lock(mutex_);
    if (now < not_before_) return frames;
    all = Begin(now, &frames);
  }
  std::deque<Made> made;
  for (Showing& one : all) {
    Operation& operation = *one.watch->operation;
    const auto began = Clock::now();
    one.status = allowed(operation);
    if (one.status.ok()) one.status = Show(machine, state, now, one, &made);
    if (one.status.ok()) ++frames.shown;
    turn.Bill(operation.caller.account->turns, Clock::now() - began);
  }
  std::vector<std::pair<std::unique_ptr<Watch>, absl::Status>> over;
  {
    std::lock_guard lock(mutex_);
    for (Showing& one : all) {
      Watch& watch = *one.watch;
      watch.showing = false;
      watch.busy_since = busy ? std::optional(now) : std::nullopt;
      absl::Status& why = watch.ended.ok() ? one.status : watch.ended;
      if (!why.ok()) over.emplace_back(Take(Find(watch.operation)), std::move(why));
    }
    not_before_ = Clock::now() + kPartOfTime * (ComputedHere() - computed);
  }
  for (auto& [watch, why] : over) {
    Operation* const operation = watch->operation;
    watch.reset();  // gone before its operation is
    operation->Done(std::move(why));
  }
  return frames;
}

bool Watches::Made::IsFor(const Showing& showing) const {
  return lost == showing.lost && busy_since == showing.watch->busy_since &&
         before->Equals(*showing.watch->view);
}

absl::Status Watches::Show(Machine& machine, v1::SessionState state, Clock::time_point now,
                           const Showing& showing, std::deque<Made>* made) try {
  Watch& watch = *showing.watch;
  auto found = std::ranges::find_if(*made, [&](const Made& one) { return one.IsFor(showing); });
  if (found != made->end()) {
    absl::Status room = watch.charge.Resize(found->after->bytes_with_frame());
    if (!room.ok()) return room;
  } else {
    const auto view = std::make_shared<View>(*watch.view);
    v1::WatchSessionResponse message;
    absl::Status status = machine.Show(view.get(), &watch.charge, &message);
    if (!status.ok()) return status;
    message.set_state(state);
    message.set_lost_frames(showing.lost);
    const double passed_ms = message.time_ms() - message.begin_time_ms();
    const double took_ms =
        watch.busy_since
            ? std::chrono::duration<double, std::milli>(now - *watch.busy_since).count()
            : 0;
    if (took_ms > 0 && passed_ms > 0) message.set_speed(passed_ms / took_ms);
    made->push_back({.before = watch.view,
                     .after = view,
                     .lost = showing.lost,
                     .busy_since = watch.busy_since,
                     .frame = Frame(std::move(message))});
    found = std::prev(made->end());
  }
  watch.view = found->after;
  return watch.operation->SendFrame(found->frame);
} catch (...) {
  return StatusOfException(showing.watch->charge.budget());
}

}  // namespace spiked::session
