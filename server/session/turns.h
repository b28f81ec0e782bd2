// A number of permits at which callers take turns: the cores of the machine,
// or the one right to run a command in a session.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <list>
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
  struct User;

 public:
  // Whether there are never more permits out than there are.
  enum class Rule {
    kStrict,
    // A user who is alone may take any number, and whoever has none gets one at
    // once. For the cores: the kernel shares them among running threads by
    // itself, while handing a permit to a thread that sleeps costs more than a
    // short step does. So it is only worth while to hold somebody back whose
    // other steps already run beside somebody else's.
    kLenient
  };

  // Gives its turn back when it dies. Movable; must not outlive its Turns.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), user_(other.user_) {}
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { Release(); }

    // Lets those who wait go first, if anybody does, and waits for the next
    // turn. If that fails (as Take does), the permit is gone.
    absl::Status Yield(const Caller& caller);
    void Release();

   private:
    friend class Turns;
    Permit(Turns* turns, User* user) : turns_(turns), user_(user) {}
    Turns* turns_ = nullptr;
    User* user_ = nullptr;
  };

  explicit Turns(int permits, Rule rule = Rule::kStrict,
                 size_t max_waiting = std::numeric_limits<size_t>::max())
      : permits_(permits), rule_(rule), max_waiting_(max_waiting) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Waits for a permit. RESOURCE_EXHAUSTED (reason SESSION_BUSY) if max_waiting
  // callers wait already; DEADLINE_EXCEEDED or CANCELLED if the caller goes
  // away first; what Close said once it is closed.
  absl::StatusOr<Permit> Take(absl::string_view user, const Caller& caller);

  // A permit that nobody holds or waits for right now, if there is one.
  std::optional<Permit> TakeIdle(absl::string_view user);

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
  // Somebody who holds permits or waits for some.
  struct User {
    std::string name;
    int held = 0;
    std::deque<Waiter*> waiters;
  };

  // All with the mutex held.
  std::list<User>::iterator FindUser(absl::string_view name);
  bool MayTake(const User& user) const;
  void Grant(std::list<User>::iterator user);
  absl::Status Wait(User* user, const Caller& caller, std::unique_lock<std::mutex>& lock);
  void GiveBack(User* user);
  // Grants what may be granted; to be called after every change.
  void Admit();

  std::mutex mutex_;
  const int permits_;
  const Rule rule_;
  const size_t max_waiting_;
  int held_ = 0;
  std::list<User> users_;               // who has gone longest without a grant comes first
  std::atomic<size_t> waiting_{0};      // written under the mutex
  std::atomic<bool> contested_{false};  // whether who holds a permit should yield; likewise
  absl::Status closed_;
};

}  // namespace spiked::session
