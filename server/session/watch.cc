// How a session is watched.
#include <algorithm>
#include <memory>
#include <utility>

#include "server/session/error.h"
#include "server/session/session.h"

namespace spiked::session {

void Session::Watch(Operation* operation) {
  absl::Status refused;
  {
    std::lock_guard lock(mutex_);
    refused = closed_;
    if (refused.ok() && operation->stop_reason() != v1::HALT_REASON_UNSPECIFIED) {
      refused = NotCarriedOut(operation->stop_reason());
    }
    if (refused.ok()) refused = watches_.Add(operation);
    if (account_ == nullptr) account_ = operation->caller.account->turns;
  }
  if (!refused.ok()) return operation->Done(std::move(refused));
  WakeForWatches();
}

void Session::Ready(const Operation* operation) {
  watches_.Ready(operation);
  WakeForWatches();
}

void Session::ShowToWatches(Cores::Turn& turn) {
  if (watches_.Due(/*all=*/true) > Clock::now()) return;
  auto state = v1::SESSION_STATE_UNSPECIFIED;
  bool busy = false;
  {
    std::lock_guard lock(mutex_);
    if (!recovered_ || !closed_.ok()) return;
    state = State();
    busy = begun_;
  }
  const Watches::Frames frames =
      watches_.Show(*machine_, state, busy, turn, [this](Operation& operation) {
        const auto who = operation.Who();
        if (!who.ok()) return who.status();
        return RightOf(**who) >= Right::kWatch ? absl::OkStatus() : NotTheirs(name_);
      });
  shared_->counters.CountFrames(frames.shown, frames.lost);
}

void Session::WakeForWatches() {
  const auto due = watches_.Due(/*all=*/false);
  if (due == Clock::time_point::max()) return;
  bool now = false;
  {
    std::lock_guard lock(mutex_);
    // Whoever goes on with it, or brings it back, sees to it.
    if (with_cores_ != nullptr || !recovered_ || !closed_.ok()) return;
    now = due <= Clock::now();
    if (now) {
      with_cores_ = shared_from_this();
    } else if (due < alarm_) {
      alarm_ = due;
    } else {
      return;
    }
  }
  if (now) return shared_->cores.Submit(this);
  shared_->alarms.At(due, [watched = weak_from_this()] {
    const auto session = watched.lock();
    if (session == nullptr) return;
    {
      std::lock_guard lock(session->mutex_);
      session->alarm_ = Clock::time_point::max();
    }
    session->WakeForWatches();
  });
}

}  // namespace spiked::session
