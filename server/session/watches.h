// Those who watch a session.
//
// Whoever goes on with the session shows it to them when their time has come, between
// two slices or two commands. Nobody waits for them: to who has not taken a frame yet
// no other is given, and all of them together take but a small part of the session's
// time, which their own accounts pay for. Times come for all at once who ask for the same
// rate, so that a frame is made once for all who watch the same.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "server/session/cores.h"
#include "server/session/frame.h"
#include "server/session/machine.h"
#include "server/session/memory.h"
#include "server/session/operation.h"
#include "server/session/view.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// Thread-safe; operations of WatchSession, from when they are added to when they are
// Done, which is called without a lock.
class Watches {
 public:
  // They take at most this part of a session's time.
  static constexpr int kPartOfTime = 50;

  // How many there are, and whether there are any; cheap.
  size_t count() const { return count_.load(std::memory_order_relaxed); }
  bool any() const { return count() != 0; }

  // INVALID_ARGUMENT; then it is not added.
  absl::Status Add(Operation* operation);
  // Its caller has gone. Whether it was there; it is Done here, or soon.
  bool Remove(Operation* operation, const absl::Status& why);
  // Ends those of whom `ended` gives an error.
  void End(absl::FunctionRef<absl::Status(const Operation&)> ended);
  // The same by account.
  std::map<std::string, uint32_t> Accounts() const;

  // A command has begun, or it has changed the session.
  void Begun();
  void Changed();
  // Another machine has taken the place of the one that was watched.
  void BeginAnew();

  // The operation has taken its frame, and waits for the next.
  void Ready(const Operation* operation);

  // When somebody is to be shown how things are; max: nobody, unless something changes.
  // With `all`, those count, too, who have not taken their last frame yet: they lose one.
  Clock::time_point Due(bool all) const;

  // Shows the machine to all whose time has come; `allowed` says whether they may still
  // watch it. For whoever goes on with the session, which is in that state. With `busy` a
  // command is under way. Returns how many frames it has shown, and how many were lost.
  struct Frames {
    uint64_t shown = 0, lost = 0;
  };
  Frames Show(Machine& machine, v1::SessionState state, bool busy, Cores::Turn& turn,
              absl::FunctionRef<absl::Status(Operation&)> allowed);

 private:
  struct Watch {
    Operation* operation;
    std::shared_ptr<const Sight> sight;
    std::shared_ptr<const View> view;  // as of the last frame
    MemoryCharge charge;               // of it, and of a frame until it is taken
    Clock::duration interval;
    Clock::time_point due;
    bool ready = true;     // for a frame
    bool showing = false;  // filled in, or sent, at this moment
    absl::Status ended = {};
    uint64_t seen = 0;     // of the changes
    bool at_rest = false;  // and told so
    uint64_t lost = 0;     // frames since the last one
    // Since when the session has been busy after the last frame.
    std::optional<Clock::time_point> busy_since = {};
  };

  // What a watch is shown next.
  struct Showing {
    Watch* watch;
    uint64_t lost;  // frames before
    absl::Status status = {};
  };
  // A frame for all who have seen the same before, and how it leaves them.
  struct Made {
    std::shared_ptr<const View> before, after;
    uint64_t lost;
    std::optional<Clock::time_point> busy_since;
    Frame frame;
    bool IsFor(const Showing& showing) const;
  };

  // With the mutex held.
  std::vector<std::unique_ptr<Watch>>::iterator Find(const Operation* operation);
  std::unique_ptr<Watch> Take(std::vector<std::unique_ptr<Watch>>::iterator watch);
  bool Wanted(const Watch& watch) const { return watch.seen != changes_ || !watch.at_rest; }
  // Who is to be shown something now; those who cannot take it lose a frame.
  std::vector<Showing> Begin(Clock::time_point now, Frames* frames);

  // Without it. `made` are the frames of this moment.
  static absl::Status Show(Machine& machine, v1::SessionState state, Clock::time_point now,
                           const Showing& showing, std::deque<Made>* made);

  std::atomic<size_t> count_{0};
  mutable std::mutex mutex_;  // for all that follows
  std::vector<std::unique_ptr<Watch>> watches_;
  uint64_t changes_ = 1;
  Clock::time_point not_before_{};
};

}  // namespace spiked::session
