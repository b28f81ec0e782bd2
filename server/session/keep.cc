// How a session is stored, and comes back.
#include <chrono>
#include <limits>
#include <memory>
#include <utility>

#include "server/session/journal.h"
#include "server/session/session.h"
#include "server/session/timestamp.h"
#include "server/storage/record.pb.h"

namespace spiked::session {

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

void Session::Open(const v1::Session& stored) {
  std::lock_guard lock(mutex_);
  open_ = true;
  now_ = grid_.ToSteps(stored.time_ms()).value_or(0);
  // Its ttl begins anew: while there was no server, nobody could use it.
  last_use_time_ = ToTime(stored.last_use_time());
  for (const v1::Share& share : stored.shares()) {
    shares_[share.account()] =
        share.right() == v1::SHARE_RIGHT_DRIVE ? Right::kDrive : Right::kWatch;
  }
  computed_ = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(stored.cost().processor_seconds()));
  commands_ = stored.cost().commands();
  networks_.assign(stored.networks().begin(), stored.networks().end());
  size_ = {.neurons = stored.size().neurons(),
           .synapses = stored.size().synapses(),
           .bytes = stored.size().bytes()};
}

absl::Status Session::Erase() {
  return journal_ == nullptr ? absl::OkStatus() : journal_->Delete();
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
    journal_->Rewind();
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
  absl::Status status = journal_->Replay(*machine_, turn, stop);
  machine_->SetLimits(options_.limits);
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
  size_ = machine_->size();
}

bool Session::Keep(const Operation& operation, Clock::duration computed, absl::Status* status) {
  storage::Record record;
  {
    std::lock_guard lock(mutex_);
    computed_ += computed;
    record.set_processor_seconds(std::chrono::duration<double>(computed_).count());
    record.set_commands(++commands_);
  }
  if (journal_ == nullptr || !operation.command->mutates || !machine_->changed()) return false;
  record.set_answer_time_ms(std::chrono::duration_cast<std::chrono::milliseconds>(
                                std::chrono::system_clock::now().time_since_epoch())
                                .count());
  storage::Outcome& outcome = *record.mutable_outcome();
  outcome.set_status(static_cast<int>(status->code()));
  outcome.set_end_step(machine_->simulation().now());
  outcome.set_halt_reason(machine_->halt_reason());
  outcome.set_asks(machine_->asks());
  outcome.set_failed(machine_->failed());
  absl::Status kept =
      journal_->Append(*operation.command, *operation.request, *operation.reply, std::move(record));
  if (kept.ok()) return true;
  rewind_ = true;
  std::lock_guard lock(mutex_);
  recovered_ = false;
  now_ = begun_at_;
  // Of a session that has been deleted nobody will ask what is stored.
  if (closed_.ok()) *status = std::move(kept);
  return false;
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

absl::Status Session::Share(std::map<std::string, Right> shares) {
  {
    std::lock_guard lock(mutex_);
    shares_.swap(shares);
  }
  absl::Status status = WriteHeader();
  if (status.ok()) return status;
  std::lock_guard lock(mutex_);
  shares_.swap(shares);
  return status;
}

}  // namespace spiked::session
