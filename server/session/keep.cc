// How a session is stored, and comes back.
#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>

#include "server/session/error.h"
#include "server/session/journal.h"
#include "server/session/saved.h"
#include "server/session/session.h"
#include "server/session/timestamp.h"
#include "server/storage/record.pb.h"
#include "spdlog/spdlog.h"

namespace spiked::session {
namespace {

// Snapshots take no more than one in so many parts of the time of the commands.
constexpr int kSnapshotCost = 10;
constexpr std::chrono::milliseconds kDiskTimePerMiB{5};
// What replaying a command takes beside what it computes, about.
constexpr std::chrono::microseconds kReplayOfCommand{20};

}  // namespace

absl::Status Session::Open() {
  if (journal_ != nullptr) {
    v1::Session session;
    Describe(&session);
    absl::Status status = journal_->Create(session);
    if (status.ok() && options_.durability == v1::DURABILITY_POWER) status = journal_->Sync();
    if (!status.ok()) return status;
  }
  std::lock_guard lock(mutex_);
  open_ = recovered_ = true;
  return absl::OkStatus();
}

absl::Status Session::Open(const v1::Session& was, ChargedBytes saved) {
  {
    std::lock_guard lock(mutex_);
    Note(was);
  }
  if (journal_ == nullptr) {
    saved_.emplace(std::move(saved));
  } else {
    v1::Session session;
    Describe(&session);
    absl::Status status = journal_->Create(session, saved.bytes());
    if (!status.ok()) return status;
  }
  std::lock_guard lock(mutex_);
  open_ = true;
  return absl::OkStatus();
}

void Session::Open(const v1::Session& stored) {
  std::lock_guard lock(mutex_);
  open_ = true;
  Note(stored);
  // Its ttl begins anew: while there was no server, nobody could use it.
  last_use_time_ = ToTime(stored.last_use_time());
  for (const v1::Share& share : stored.shares()) {
    shares_[share.account()] =
        share.right() == v1::SHARE_RIGHT_DRIVE ? Right::kDrive : Right::kWatch;
  }
  computed_ = std::chrono::round<Clock::duration>(
      std::chrono::duration<double>(stored.cost().processor_seconds()));
  commands_ = stored.cost().commands();
}

void Session::OpenUnreadable() {
  machine_->Fail();
  std::lock_guard lock(mutex_);
  open_ = recovered_ = failed_ = true;
}

void Session::Note(const v1::Session& was) {
  now_ = grid_.ToSteps(was.time_ms()).value_or(0);
  networks_.assign(was.networks().begin(), was.networks().end());
  snapshots_.assign(was.snapshots().begin(), was.snapshots().end());
  size_ = {.neurons = was.size().neurons(),
           .synapses = was.size().synapses(),
           .bytes = was.size().bytes()};
}

void Session::Rest(Clock::time_point now) {
  const auto patience = options_.limits.idle_time;
  if (journal_ == nullptr || patience.count() == 0) return;
  std::unique_ptr<Machine> old;  // goes without the lock
  std::lock_guard lock(mutex_);
  // Nobody goes on with the session, nor can begin to; nor is it shown to anybody.
  const bool idle =
      recovered_ && !failed_ && with_cores_ == nullptr && holds_.empty() && !watches_.any();
  if (!idle || now - last_use_ < patience) return;
  auto fresh = NewMachine();
  old = std::exchange(machine_, std::move(fresh));
  recovered_ = false;
  journal_->Rewind();
  answers_.Clear();
}

absl::Status Session::Erase(const std::optional<storage::GoneSession>& gone) {
  if (journal_ == nullptr) return absl::OkStatus();
  absl::Status status = journal_->Delete(gone);
  if (status.ok() && options_.durability == v1::DURABILITY_POWER) status = journal_->Sync();
  return status;
}

void Session::Discard() {
  if (journal_ != nullptr) journal_->Discard();
}

std::unique_ptr<Machine> Session::NewMachine() const {
  return std::make_unique<Machine>(options_.identity, options_.resolution_ms, options_.seed,
                                   options_.limits, &memory_.budget());
}

absl::Status Session::Recover(Cores::Turn& turn, const Operation& operation) {
  {
    std::lock_guard lock(mutex_);
    if (recovered_) return absl::OkStatus();
  }
  if (std::exchange(rewind_, false)) {
    std::unique_ptr<Machine> old;
    {
      std::lock_guard lock(mutex_);
      old = std::move(machine_);
    }
    old.reset();  // first, as both may be large
    auto machine = NewMachine();
    std::lock_guard lock(mutex_);
    machine_ = std::move(machine);
    watches_.BeginAnew();
    if (journal_ != nullptr) journal_->Rewind();
    answers_.Clear();
  }
  absl::Status stopped;
  const auto stop = [&] {
    std::lock_guard lock(mutex_);
    const bool late = Clock::now() >= operation.caller.deadline;
    if (!closed_.ok()) {
      stopped = closed_;
    } else if (const auto reason = late ? v1::HALT_REASON_DEADLINE : operation.stop_reason();
               reason != v1::HALT_REASON_UNSPECIFIED) {
      stopped = NotCarriedOut(reason);
    }
    return stopped;
  };
  // What it was allowed once is there, whatever it may have now.
  machine_->SetLimits({.max_step_ms = std::numeric_limits<double>::max()});
  const auto begin = Clock::now();
  absl::Status status = journal_ != nullptr ? journal_->Replay(*machine_, answers_, turn, stop)
                                            : machine_->Restore(*ReadSaved(saved_->bytes()),
                                                                turn.TakeIdle(kAnyThreads - 1));
  machine_->SetLimits(options_.limits);
  machine_->TakeActivity();  // which has been counted once
  replay_ = Clock::now() - begin;
  // What was saved makes no sense; want of memory may end.
  if (journal_ == nullptr && !status.ok() && !absl::IsResourceExhausted(status)) {
    machine_->Fail();
    status = absl::OkStatus();
  }
  if (status.ok()) saved_.reset();
  // One that was stopped goes on where it was.
  rewind_ = !status.ok() && stopped.ok();
  std::lock_guard lock(mutex_);
  recovered_ = status.ok();
  if (recovered_) Note(/*networks=*/true);
  return status;
}

void Session::Note(bool networks) {
  now_ = machine_->simulation().now();
  failed_ = machine_->failed();
  if (!networks) return;
  networks_ = machine_->NetworkNames();
  snapshots_.clear();
  for (const auto& snapshot : machine_->snapshots())
    snapshots_.push_back(session::Describe(snapshot));
  size_ = machine_->size();
}

absl::Status Session::FindAnswer(const Operation& operation, bool* found) {
  auto request = RequestId::Of(*operation.command, *operation.request);
  if (!request.ok()) return request.status();
  request_ = *std::move(request);
  const auto answered = answers_.Find(request_, NowMs(), operation.reply);
  if (!answered.ok()) return answered.status();
  *found = *answered;
  return absl::OkStatus();
}

absl::Status Session::CheckRoom(const Operation& operation) {
  if (journal_ == nullptr || !operation.command->mutates) return absl::OkStatus();
  absl::Status status = options_.account->stored.Check(operation.request_bytes);
  if (!status.ok()) cramped_ = journal_->wasteful();
  return status;
}

bool Session::Keep(const Operation& operation, Clock::duration computed, absl::Status* status) {
  storage::Record record;
  {
    std::lock_guard lock(mutex_);
    computed_ += computed;
    record.set_processor_seconds(std::chrono::duration<double>(computed_).count());
    record.set_commands(++commands_);
  }
  if (!operation.command->mutates || !machine_->changed()) return false;
  const int64_t now_ms = NowMs();
  if (journal_ == nullptr) {
    if (status->ok()) answers_.Add(request_, now_ms, *operation.reply);
    return false;
  }
  absl::Status kept;
  const bool shutting_down = machine_->halt_reason() == v1::HALT_REASON_SHUTTING_DOWN;
  if (shutting_down) {
    // The next server takes the whole step, rather than that its caller has to see to the
    // rest.
    std::lock_guard lock(mutex_);
    kept = closed_;
  } else {
    record.set_answer_time_ms(now_ms);
    storage::Outcome& outcome = *record.mutable_outcome();
    outcome.set_status(static_cast<int>(status->code()));
    outcome.set_end_step(machine_->simulation().now());
    outcome.set_halt_reason(machine_->halt_reason());
    outcome.set_asks(machine_->asks());
    outcome.set_failed(machine_->failed());
    kept = journal_->Append(*operation.command, *operation.request, *operation.reply,
                            std::move(record));
  }
  if (kept.ok()) {
    if (status->ok()) answers_.Add(request_, now_ms, *operation.reply);
    replay_ += computed + kReplayOfCommand;
    return true;
  }
  rewind_ = true;
  std::lock_guard lock(mutex_);
  recovered_ = false;
  now_ = begun_at_;
  // Of a session that has been deleted nobody will ask what is stored.
  if (closed_.ok() || shutting_down) *status = std::move(kept);
  return false;
}

bool Session::snapshot_due() const {
  if (journal_ == nullptr || machine_->failed() || rewind_ || saving_) return false;
  if (cramped_) return true;
  // A large session is not saved all the time.
  return replay_ >=
         std::max<Clock::duration>(options_.limits.max_replay, kSnapshotCost * saving_took_.load());
}

void Session::TakeSnapshot() {
  // If it fails, it is tried again after as much.
  replay_ = {};
  cramped_ = false;
  const auto begin = Clock::now();
  v1::Session session;
  Describe(&session);
  ChargedBytes saved(&memory_.budget());
  const absl::Status status =
      saved.Gather([&](engine::StateSink sink) { machine_->Save(session, sink); });
  if (!status.ok()) {
    spdlog::warn("{}: no memory for a snapshot: {}", name_, std::string(status.message()));
    return;
  }
  struct Work {
    std::shared_ptr<Session> session;
    Journal::Place place;
    storage::Answers answers;
    ChargedBytes saved;
  };
  auto work =
      std::make_shared<Work>(Work{shared_from_this(), journal_->place(), {}, std::move(saved)});
  answers_.Save(&work->answers);
  // Waiting for the disk costs nobody anything.
  saving_took_ = Clock::now() - begin + kDiskTimePerMiB * (work->saved.bytes().size() >> 20);
  saving_ = true;
  shared_->background.Do([this, work = std::move(work)] {
    const absl::Status put = journal_->PutSnapshot(work->place, work->answers, work->saved.bytes());
    if (!put.ok() && !absl::IsAborted(put)) {
      spdlog::warn("{}: cannot store a snapshot: {}", name_, std::string(put.message()));
    }
    saving_ = false;
  });
}

void Session::Answer(Operation* operation, absl::Status status, bool kept) {
  if (!kept || options_.durability != v1::DURABILITY_POWER) {
    return operation->Done(std::move(status));
  }
  journal_->WhenSafe([operation, status = std::move(status)](absl::Status safe) {
    operation->Done(safe.ok() ? status : std::move(safe));
  });
}

absl::Status Session::WriteHeader() {
  if (journal_ == nullptr) return absl::OkStatus();
  std::lock_guard lock(header_mutex_);
  v1::Session session;
  Describe(&session);
  return journal_->SetHeader(session);
}

}  // namespace spiked::session
