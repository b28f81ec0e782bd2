// A session as its callers see it: a machine, and a queue of commands for it.
//
// Commands run one at a time, in order of arrival. A session with commands is a
// work of the cores; what runs is asked to stop where it is, at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/access/account.h"
#include "server/engine/time.h"
#include "server/session/alarms.h"
#include "server/session/answers.h"
#include "server/session/background.h"
#include "server/session/command.h"
#include "server/session/cores.h"
#include "server/session/counters.h"
#include "server/session/journal.h"
#include "server/session/limits.h"
#include "server/session/machine.h"
#include "server/session/memory.h"
#include "server/session/operation.h"
#include "server/session/watches.h"
#include "spiked/v1/session.pb.h"

namespace spiked::session {

// What all sessions share. It must outlive them.
struct Shared {
  CurrentLimits limits;
  MemoryBudget memory;
  Cores cores;
  StoredTotal stored{};
  Counters counters{};
  // Whether no command begins any more.
  std::atomic<bool> draining{false};
  Background background{};  // stopped before accounts and sessions go
  // Sessions that go on from a saved one are stored here, as that waits for the disk.
  Background openings{};
  std::atomic<int> opening{0};  // how many of them
  Alarms alarms{};              // gone before what they touch
};

struct SessionOptions {
  std::string id;
  std::string identity;  // unlike that of any other session that has ever been
  std::string owner;
  Account* account = nullptr;  // the owner's
  std::string display_name;
  std::map<std::string, std::string> labels;
  Limits limits;
  std::chrono::nanoseconds ttl{0};  // how long it stays unused; 0: until it is deleted
  double resolution_ms = 0.1;
  uint64_t seed = 0;
  v1::Durability durability = v1::DURABILITY_NONE;
  RequestId created_by = {};
  std::chrono::system_clock::time_point create_time = std::chrono::system_clock::now();
};

// Stands for all accounts in a share.
inline constexpr absl::string_view kEverybody = "*";

// Thread-safe. A command that fails, or whose caller goes away before it is its
// turn, leaves the session as it was.
class Session final : public Cores::Work, public std::enable_shared_from_this<Session> {
 public:
  // `memory` is what the session takes by itself; networks come on top. `journal` is
  // null where nothing is stored of it. It takes commands when it is open.
  Session(SessionOptions options, MemoryCharge memory, Shared* shared,
          std::unique_ptr<Journal> journal = nullptr);

  // It is new: stores it, if it has a journal, and opens it. StorageError's; then it
  // stays closed.
  absl::Status Open();
  // Likewise, to go on from a saved one, which says that of itself.
  absl::Status Open(const v1::Session& was, ChargedBytes saved);
  // It has been stored, and was like that; it comes back from its journal when the first
  // command needs it.
  void Open(const v1::Session& stored);
  // It has been stored, and nobody can tell what it was: it has failed, and can be deleted.
  void OpenUnreadable();
  // Lets go of its memory, if it is stored and nobody has used it for as long; it comes back
  // with its next command.
  void Rest(Clock::time_point now);
  // Whether anything is stored of it.
  bool stored() const { return journal_ != nullptr; }
  // Removes that; what it does from now on is lost, and the rest is remembered. StorageError's.
  absl::Status Erase(const std::optional<storage::GoneSession>& gone);
  // Removes what has been stored of one that could not be opened.
  void Discard();

  // `sessions/{id}`.
  const std::string& name() const { return name_; }

  // Whose sessions are counted with it, and whose memory it takes.
  Account* owner() const { return options_.account; }
  const std::string& owner_name() const { return options_.owner; }

  // Carries a command out when its turn has come. RESOURCE_EXHAUSTED (reason
  // SESSION_BUSY) if as many wait as may; what Close said once it is closed.
  void Start(Operation* operation);
  // Of a command that watches: it has taken its frame.
  void Ready(const Operation* operation);
  // Its caller has gone: a command that runs is to end, one that waits or is yet
  // to be started is over. Does nothing to one that is over.
  void Cancel(Operation* operation, v1::HaltReason reason);

  // Ends the step that is running, if any; whether one was.
  bool Halt();
  // Ends whatever runs for that reason, and refuses all other commands from now
  // on, also those that wait, with that error.
  void Close(v1::HaltReason reason, const absl::Status& why);
  // Somebody has a stream of steps, which keeps it from expiring until they have let it
  // go as often.
  void Hold(const std::string& account);
  void LetGo(const std::string& account);
  // Whether a command runs or waits.
  bool busy() const;
  v1::SessionState state() const;
  // How many watch it.
  size_t watches() const { return watches_.count(); }
  // Whether nobody has used it for as long as it stays.
  bool Expired(Clock::time_point now) const;

  // What somebody may do with it.
  Right RightOf(const access::Account& who) const;
  // Who may do what from now on, beside owner and admins; `*` stands for all.
  // StorageError's.
  absl::Status Share(std::map<std::string, Right> shares);
  bool IsSharedWith(const std::string& account) const;
  // Whether it is among those that a request to list sessions asks for.
  bool Matches(const v1::ListSessionsRequest& request) const;
  void Describe(v1::Session* message) const;
  // Who uses it at the moment, for the description.
  void DescribeUses(v1::Session* message) const;

  // For the cores.
  bool Continue(Cores::Turn& turn) override;
  Cores::Account* account() const override;
  bool needs_seat() const override;

 private:
  class Control;

  // Counts what has happened up to then.
  void CountSimulated(engine::Step now);

  // With the mutex held.
  void Use();
  v1::SessionState State() const;
  bool NeedsSeat() const;

  // Whether what comes next need not wait until the step that runs is over.
  void UpdateAside();

  // What shares let somebody do.
  Right RightOf(const access::Account& who, const std::map<std::string, Right>& shares) const;

  // Carries out what comes next as long as it need not wait for the end of the step that
  // runs. Whether the step may go on in this turn.
  bool CarryOutAside(Cores::Turn& turn);

  // What concerns those who watch (watch.cc).
  void Watch(Operation* operation);
  // Shows them how things are, if it is time; for whoever goes on with the session.
  void ShowToWatches(Cores::Turn& turn);
  // Has somebody do so, now or when it is time, if nobody goes on with the session.
  void WakeForWatches();

  // What concerns the journal (keep.cc), for whoever goes on with the session.
  //
  // Brings the machine to where the journal ends, unless that has been done.
  absl::Status Recover(Cores::Turn& turn, const Operation& operation);
  // Whether the operation, which is to begin, has been answered before; then its reply is
  // there. ALREADY_EXISTS.
  absl::Status FindAnswer(const Operation& operation, bool* found);
  // RESOURCE_EXHAUSTED (quota `stored_bytes`) if the owner has no room for what the operation
  // would store; then there may be room after the next snapshot.
  absl::Status CheckRoom(const Operation& operation);
  // Stores what an operation has done, after so much computing, if it has changed anything,
  // and whether it has. If it cannot be stored, the operation has done nothing, and that is
  // its status.
  bool Keep(const Operation& operation, Clock::duration computed, absl::Status* status);
  // Takes a snapshot, if bringing the session back would take too long otherwise.
  void TakeSnapshot();
  bool snapshot_due() const;
  // Answers it; if it has been stored, when that is as durable as it should be.
  void Answer(Operation* operation, absl::Status status, bool kept);
  // Stores how the session is described. Any thread may.
  absl::Status WriteHeader();

  std::unique_ptr<Machine> NewMachine() const;
  // Tells those who ask what the machine has come to, or what the session was; with the
  // mutex held.
  void Note(bool networks);
  void Note(const v1::Session& was);

  const SessionOptions options_;
  const std::string name_;
  const engine::Grid grid_;
  MemoryCharge memory_;
  Shared* const shared_;

  // Touched by whoever goes on with the session; another machine takes its place with the
  // mutex held.
  std::unique_ptr<Machine> machine_;
  const std::unique_ptr<Journal> journal_;
  bool cramped_ = false;            // a snapshot is to be taken for want of room
  bool rewind_ = false;             // the machine is to be made anew before it comes back
  engine::Step begun_at_ = 0;       // before the operation
  engine::Step counted_until_ = 0;  // for those who look after the server
  RequestId request_;               // the operation's
  std::atomic<bool> aside_{false};
  Answers answers_;
  std::optional<ChargedBytes> saved_;  // what the machine begins with, where nothing is stored
  Clock::duration replay_{0};          // what bringing it back would compute
  std::atomic<bool> saving_{false};    // a snapshot is on its way to the journal
  std::atomic<Clock::duration> saving_took_{Clock::duration::zero()};  // the last one

  std::mutex header_mutex_;   // of a description on its way to the journal; before the other
  mutable std::mutex mutex_;  // for all that follows
  bool open_ = false;
  bool recovered_ = false;  // the machine
  std::map<std::string, Right> shares_;
  std::deque<Operation*> operations_;
  bool begun_ = false;  // the first of them
  // The session itself while the cores go on with it, or will.
  std::shared_ptr<Session> with_cores_;
  Cores::Account* account_ = nullptr;  // of the last that has begun
  absl::Status closed_;
  bool failed_ = false;
  std::map<std::string, uint32_t> holds_;  // by account
  std::chrono::system_clock::time_point last_use_time_;
  Clock::time_point last_use_ = Clock::now();  // the same, by a clock that nobody sets
  engine::Step now_ = 0;
  std::vector<std::string> networks_;
  std::vector<v1::Snapshot> snapshots_;
  engine::NetworkSize size_;
  Clock::duration computed_{0};
  uint64_t commands_ = 0;
  Clock::time_point alarm_ = Clock::time_point::max();  // when the next wakes for watches
  Watches watches_;  // which locks after the mutex, if both are needed
};

}  // namespace spiked::session
