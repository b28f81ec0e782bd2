// A number of permits at which callers take turns: the cores of the machine,
// or the one right to run a command in a session.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/session/caller.h"

namespace spiked::session {

// Callers of one user are served in order of arrival, users in rotation, so
// that nobody gets more by asking more often. The caller itself does the work
// while it holds the permit: no hop to another thread. Thread-safe.
class Turns {
 public:
  // Gives its turn back when it dies. Movable; must not outlive its Turns.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { Release(); }

    // Lets those who wait go first, if anybody does, and waits for the next
    // turn. If that fails (as Take does), the permit is gone.
    absl::Status Yield(absl::string_view user, const Caller& caller);
    void Release();

   private:
    friend class Turns;
    explicit Permit(Turns* turns) : turns_(turns) {}
    Turns* turns_ = nullptr;
  };

  explicit Turns(int permits, size_t max_waiting = std::numeric_limits<size_t>::max())
      : free_(permits), max_waiting_(max_waiting) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Waits for a permit. RESOURCE_EXHAUSTED (reason SESSION_BUSY) if max_waiting
  // callers wait already; DEADLINE_EXCEEDED or CANCELLED if the caller goes
  // away first; what Close said once it is closed.
  absl::StatusOr<Permit> Take(absl::string_view user, const Caller& caller);

  // A permit that is free right now, if there is one.
  std::optional<Permit> TakeIdle();

  // Sends those away who wait, and whoever comes later. Permits that are held
  // stay valid.
  void Close(const absl::Status& why);

  size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct Waiter {
    bool granted = false;
    bool refused = false;
    std::condition_variable wake;
  };
  struct Queue {
    std::string user;
    std::deque<Waiter*> waiters;
  };

  absl::Status Wait(absl::string_view user, const Caller& caller, bool holding,
                    std::unique_lock<std::mutex>& lock);
  void Enqueue(absl::string_view user, Waiter* waiter);
  void Withdraw(Waiter* waiter);
  void PassOn();  // gives a permit to the next in turn, or to nobody
  void GiveBack();

  std::mutex mutex_;
  int free_;
  const size_t max_waiting_;
  std::atomic<size_t> waiting_{0};  // written under the mutex
  std::deque<Queue> rotation_;      // users with waiters, the next one first
  absl::Status closed_;
};

}  // namespace spiked::session
