#include "server/session/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/session/address.h"
#include "server/session/command.h"
#include "server/session/error.h"
#include "server/session/stop.h"
#include "server/session/timestamp.h"
#include "server/session/translate.h"

namespace spiked::session {
namespace {

// How often it is noted how far a step has come.
constexpr std::chrono::milliseconds kNoteInterval{10};

// A request of so many bytes keeps a command busy for longer than a slice.
constexpr uint64_t kLongRequestBytes = 1 << 20;

// Lets time pass, and can be halted.
bool IsStep(const Operation& operation) {
  return operation.command->cost == Cost::kSlices && operation.command->mutates;
}

bool TakesLong(const Operation& operation) {
  return operation.command->cost == Cost::kLong || operation.request_bytes > kLongRequestBytes;
}

}  // namespace

absl::Status NotCarriedOut(v1::HaltReason reason) {
  if (reason == v1::HALT_REASON_DEADLINE) {
    return engine::ReasonError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                               "the deadline passed before the command was carried out");
  }
  return engine::ReasonError(absl::StatusCode::kCancelled, "CANCELLED",
                             "the call was cancelled before the command was carried out");
}

// What a command asks while it runs.
class Session::Control final : public Stop {
 public:
  Control(Session& session, Operation& operation, Cores::Turn& turn)
      : session_(session), operation_(operation), turn_(turn) {}

  v1::HaltReason reason() override {
    const v1::HaltReason reason = operation_.stop_reason();
    if (reason != v1::HALT_REASON_UNSPECIFIED) return reason;
    if (IsStep(operation_) && !session_.machine_->CheckRoom().ok()) return v1::HALT_REASON_MEMORY;
    return Clock::now() >= operation_.caller.deadline ? v1::HALT_REASON_DEADLINE
                                                      : v1::HALT_REASON_UNSPECIFIED;
  }

  bool pause() override {
    return turn_.Over() ||
           (session_.aside_.load(std::memory_order_relaxed) && session_.machine_->stepping());
  }

  bool interrupts() override {
    return reason() != v1::HALT_REASON_UNSPECIFIED || pause() ||
           Clock::now() - noted_ >= kNoteInterval;
  }

  void Note(engine::Step now) override {
    noted_ = Clock::now();
    session_.CountSimulated(now);
    const Clock::duration spent = TakeSpent();
    session_.replay_ += spent;
    {
      std::lock_guard lock(session_.mutex_);
      session_.now_ = now;
      session_.computed_ += spent;
    }
    session_.watches_.Changed();
    // After what is short is answered.
    if (noted_ - begin_ < kNoteInterval) return;
    session_.ShowToWatches(turn_);
    counted_until_ = Clock::now();
  }

  void GiveWay() override {
    Count();
    turn_.GiveWay();
    counted_until_ = Clock::now();
  }

  engine::Crew* crew(int useful_threads) override {
    Count();
    crew_ = useful_threads > 1 ? turn_.TakeIdle(useful_threads - 1) : nullptr;
    return crew_;
  }

  // What all threads have computed since it was last taken.
  Clock::duration TakeSpent() {
    Count();
    return std::exchange(spent_, Clock::duration::zero());
  }

  absl::StatusOr<google::protobuf::Message*> AddReply(uint64_t bytes) override {
    return operation_.AddReply(bytes);
  }
  v1::Session Describe() override {
    v1::Session session;
    session_.Describe(&session);
    return session;
  }
  ChargedBytes* saved() override { return operation_.saved(); }

 private:
  void Count() {
    const auto now = Clock::now();
    spent_ += (crew_ == nullptr ? 1 : crew_->size()) * (now - counted_until_);
    counted_until_ = now;
  }

  Session& session_;
  Operation& operation_;
  Cores::Turn& turn_;
  engine::Crew* crew_ = nullptr;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point noted_ = begin_;
  Clock::time_point counted_until_ = begin_;
  Clock::duration spent_{0};
};

Session::Session(SessionOptions options, MemoryCharge memory, Shared* shared,
                 std::unique_ptr<Journal> journal)
    : options_(std::move(options)),
      name_(SessionName(options_.id)),
      grid_(options_.resolution_ms),
      memory_(std::move(memory)),
      shared_(shared),
      machine_(NewMachine()),
      journal_(std::move(journal)),
      answers_(options_.limits, &memory_.budget()),
      account_(options_.account == nullptr ? nullptr : options_.account->turns),
      last_use_time_(options_.create_time) {}

void Session::Start(Operation* operation) {
  if (operation->command->watches) return Watch(operation);
  absl::Status refused;
  bool submit = false;
  {
    std::lock_guard lock(mutex_);
    if (!closed_.ok()) {
      refused = closed_;
    } else if (shared_->draining.load(std::memory_order_relaxed)) {
      refused = ShuttingDown();
    } else if (!open_) {
      refused = engine::ReasonError(absl::StatusCode::kUnavailable, "SESSION_NOT_READY",
                                    "the session is just being created");
    } else if (operation->stop_reason() != v1::HALT_REASON_UNSPECIFIED) {
      refused = NotCarriedOut(operation->stop_reason());
    } else if (operations_.size() > options_.limits.max_waiting_commands) {
      refused =
          engine::ReasonError(absl::StatusCode::kResourceExhausted, "SESSION_BUSY",
                              absl::StrCat("the session is busy, and ", operations_.size() - 1,
                                           " commands wait for it already"));
    } else if (Account& account = *operation->caller.account;
               account.commands.fetch_add(1) >= account.max_commands.load()) {
      account.commands.fetch_sub(1);
      refused = QuotaError("commands", absl::StrCat("the account has ", account.max_commands.load(),
                                                    " commands under way, as many as it may have"));
    } else {
      operations_.push_back(operation);
      UpdateAside();
      submit = with_cores_ == nullptr;
      if (submit) with_cores_ = shared_from_this();
    }
  }
  if (!refused.ok()) return operation->Done(std::move(refused));
  if (submit) shared_->cores.Submit(this);
}

void Session::Cancel(Operation* operation, v1::HaltReason reason) {
  if (watches_.Remove(operation, NotCarriedOut(reason))) return;
  {
    std::lock_guard lock(mutex_);
    // If it is yet to come, or runs; makes no difference if it is over.
    operation->stop_reason_.store(reason, std::memory_order_relaxed);
    const auto found = std::ranges::find(operations_, operation);
    if (found == operations_.end() || (begun_ && found == operations_.begin())) return;
    operations_.erase(found);
    UpdateAside();
  }
  operation->caller.account->commands.fetch_sub(1);
  operation->Done(NotCarriedOut(reason));
}

bool Session::Halt() {
  std::lock_guard lock(mutex_);
  if (!begun_ || !IsStep(*operations_.front())) return false;
  operations_.front()->stop_reason_.store(v1::HALT_REASON_HALTED, std::memory_order_relaxed);
  return true;
}

void Session::Close(v1::HaltReason reason, const absl::Status& why) {
  std::deque<Operation*> refused;
  {
    std::lock_guard lock(mutex_);
    closed_ = why;
    refused.swap(operations_);
    if (begun_) {
      // What runs ends by itself, soon.
      operations_.push_back(refused.front());
      refused.pop_front();
      operations_.front()->stop_reason_.store(reason, std::memory_order_relaxed);
    }
    UpdateAside();
  }
  for (Operation* operation : refused) {
    operation->caller.account->commands.fetch_sub(1);
    operation->Done(why);
  }
  watches_.End([&](const Operation&) { return why; });
}

Cores::Account* Session::account() const {
  std::lock_guard lock(mutex_);
  return operations_.empty() ? account_ : operations_.front()->caller.account->turns;
}

bool Session::needs_seat() const {
  std::lock_guard lock(mutex_);
  return NeedsSeat();
}

bool Session::NeedsSeat() const {
  return !operations_.empty() && (!recovered_ || TakesLong(*operations_.front()));
}

bool Session::Continue(Cores::Turn& turn) {
  std::shared_ptr<Session> self;  // until the cores have let it go
  for (;;) {
    ShowToWatches(turn);
    Operation* operation = nullptr;
    bool begins = false;
    {
      std::lock_guard lock(mutex_);
      if (operations_.empty()) {
        self = std::move(with_cores_);
        break;
      }
      operation = operations_.front();
      // It may have come after the turn, which was for those who watch.
      if (NeedsSeat() && !turn.seated()) return true;
      begins = !std::exchange(begun_, true);
      UpdateAside();
      if (begins) {
        account_ = operation->caller.account->turns;
        Use();
      }
    }
    if (begins) watches_.Begun();
    absl::Status status = Recover(turn, *operation);
    if (begins) begun_at_ = counted_until_ = machine_->simulation().now();
    Control control(*this, *operation, turn);
    bool kept = false;
    // Whether it has been answered before.
    bool again = false;
    if (status.ok() && begins && operation->command->mutates) {
      request_ = {};
      status = FindAnswer(*operation, &again);
      kept = again;  // by the first one, perhaps a moment ago
    }
    if (status.ok() && begins && !again) status = CheckRoom(*operation);
    if (status.ok() && !again) {
      bool over = false;
      do {
        over = machine_->Execute(*operation->command, *operation->request, control,
                                 operation->reply, &status);
      } while (!over && CarryOutAside(turn));
      const auto computed = control.TakeSpent();
      if (!over) {
        replay_ += computed;
        std::lock_guard lock(mutex_);
        computed_ += computed;
        return true;
      }
      kept = Keep(*operation, computed, &status);
    }
    if (machine_->changed()) watches_.Changed();
    // Networks may have come.
    const bool networks = operation->command->cost == Cost::kLong;
    bool more = false;
    {
      std::lock_guard lock(mutex_);
      if (absl::IsCancelled(status)) {
        status = closed_.ok() ? NotCarriedOut(control.reason()) : closed_;
      }
      operations_.pop_front();
      operation->caller.account->commands.fetch_sub(1);
      begun_ = false;
      UpdateAside();
      if (options_.ttl.count() != 0) Use();
      if (recovered_) Note(networks);
      more = !operations_.empty() || snapshot_due() || watches_.any();
      if (!more) self = std::move(with_cores_);
    }
    // It only repeats what the journal says.
    if (networks && kept) WriteHeader().IgnoreError();
    Answer(operation, std::move(status), kept);
    if (!more) return false;
    if (snapshot_due()) TakeSnapshot();
    if (turn.Over() || needs_seat() || account() != account_) return true;
  }
  WakeForWatches();
  return false;
}

void Session::CountSimulated(engine::Step now) {
  if (now == counted_until_) return;
  shared_->counters.CountSimulated(grid_.ToMs(now - counted_until_), machine_->TakeActivity());
  counted_until_ = now;
}

void Session::UpdateAside() {
  aside_ =
      begun_ && operations_.size() > 1 && IsStep(*operations_[0]) && operations_[1]->command->aside;
}

bool Session::CarryOutAside(Cores::Turn& turn) {
  bool any = false;
  while (machine_->stepping()) {
    Operation* operation = nullptr;
    {
      std::lock_guard lock(mutex_);
      if (!aside_) break;
      operation = operations_[1];
      operations_.erase(operations_.begin() + 1);
      operation->caller.account->commands.fetch_sub(1);
      ++commands_;
      UpdateAside();
    }
    Control control(*this, *operation, turn);
    operation->Done(machine_->ExecuteAside(*operation->command, *operation->request, control,
                                           operation->reply));
    any = true;
  }
  return any && !turn.Over();
}

void Session::Use() {
  last_use_time_ = std::chrono::system_clock::now();
  last_use_ = Clock::now();
}

void Session::Hold(const std::string& account) {
  std::lock_guard lock(mutex_);
  ++holds_[account];
}

void Session::LetGo(const std::string& account) {
  std::lock_guard lock(mutex_);
  const auto held = holds_.find(account);
  if (--held->second == 0) holds_.erase(held);
  Use();
}

bool Session::Expired(Clock::time_point now) const {
  if (options_.ttl.count() == 0) return false;
  std::lock_guard lock(mutex_);
  return holds_.empty() && operations_.empty() && now - last_use_ >= options_.ttl;
}

bool Session::busy() const {
  std::lock_guard lock(mutex_);
  return !operations_.empty();
}

v1::SessionState Session::state() const {
  std::lock_guard lock(mutex_);
  return State();
}

v1::SessionState Session::State() const {
  if (failed_) return v1::SESSION_STATE_FAILED;
  return operations_.empty() ? v1::SESSION_STATE_IDLE : v1::SESSION_STATE_BUSY;
}

bool Session::Matches(const v1::ListSessionsRequest& request) const {
  if (!request.owner().empty() && request.owner() != options_.owner) return false;
  for (const auto& [key, value] : request.labels()) {
    const auto label = options_.labels.find(key);
    if (label == options_.labels.end() || label->second != value) return false;
  }
  if (request.state() == v1::SESSION_STATE_UNSPECIFIED) return true;
  std::lock_guard lock(mutex_);
  return request.state() == State();
}

void Session::Describe(v1::Session* message) const {
  message->set_name(name_);
  message->set_display_name(options_.display_name);
  message->mutable_labels()->insert(options_.labels.begin(), options_.labels.end());
  message->set_owner(options_.owner);
  message->set_resolution_ms(options_.resolution_ms);
  message->set_seed(options_.seed);
  message->set_durability(options_.durability);
  Set(message->mutable_create_time(), options_.create_time);
  std::lock_guard lock(mutex_);
  message->set_state(State());
  for (const auto& [account, right] : shares_) {
    v1::Share* share = message->add_shares();
    share->set_account(account);
    share->set_right(right == Right::kDrive ? v1::SHARE_RIGHT_DRIVE : v1::SHARE_RIGHT_WATCH);
  }
  v1::SessionCost& cost = *message->mutable_cost();
  cost.set_processor_seconds(std::chrono::duration<double>(computed_).count());
  cost.set_commands(commands_);
  message->set_time_ms(grid_.ToMs(now_));
  Set(message->mutable_last_use_time(), last_use_time_);
  if (options_.ttl.count() != 0) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(options_.ttl);
    message->mutable_ttl()->set_seconds(seconds.count());
    message->mutable_ttl()->set_nanos(static_cast<int32_t>((options_.ttl - seconds).count()));
    if (holds_.empty() && operations_.empty()) {
      Set(message->mutable_expire_time(), last_use_time_ + options_.ttl);
    }
  }
  message->mutable_networks()->Assign(networks_.begin(), networks_.end());
  if (journal_ != nullptr) message->set_stored_bytes(journal_->stored_bytes());
  message->mutable_snapshots()->Assign(snapshots_.begin(), snapshots_.end());
  ToContract(size_, message->mutable_size());
  message->set_memory_bytes(memory_.bytes() + (machine_ == nullptr ? 0 : machine_->memory_bytes()));
}

void Session::DescribeUses(v1::Session* message) const {
  std::map<std::string, v1::SessionUse> uses;
  {
    std::lock_guard lock(mutex_);
    for (const Operation* operation : operations_) {
      v1::SessionUse& use = uses[operation->caller.who->name];
      use.set_commands(use.commands() + 1);
    }
    for (const auto& [account, streams] : holds_) uses[account].set_step_streams(streams);
  }
  for (const auto& [account, watches] : watches_.Accounts()) uses[account].set_watches(watches);
  for (auto& [account, use] : uses) {
    use.set_account(account);
    *message->add_uses() = std::move(use);
  }
}

}  // namespace spiked::session
