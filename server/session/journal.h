// What storage keeps of a session, and how the session comes back from it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "server/session/account.h"
#include "server/session/answers.h"
#include "server/session/command.h"
#include "server/session/cores.h"
#include "server/session/machine.h"
#include "server/session/saved.h"
#include "server/storage/record.pb.h"
#include "server/storage/storage.h"
#include "spiked/v1/session.pb.h"

namespace spiked::session {

// A session as its header tells it.
struct StoredHeader {
  std::string identity;
  v1::Session session;
  RequestId created_by;
};

// Errors of storage, as callers of commands are told them: with the reasons STORAGE_FULL,
// STORAGE_UNAVAILABLE, STORAGE_DAMAGED and SESSION_ELSEWHERE.
absl::Status StorageError(const absl::Status& status);

// The journal of one session, used by whoever goes on with the session; what is said to be
// is thread-safe. Errors are StorageError's.
class Journal {
 public:
  // Of the session that has that id, and was created by that request; `holder` is the
  // server's name. Where the header cannot be read the identity is empty, and all that can be
  // done is to delete it. Does nothing yet.
  // Its account is told what is stored of it, which is so much already.
  Journal(storage::Storage* storage, std::string holder, std::string id, std::string identity,
          RequestId created_by, Account* account, uint64_t stored_bytes = 0);
  ~Journal();

  // Adds the session to what is stored; it has no records.
  absl::Status Create(const v1::Session& session);
  // Likewise, to go on from a saved one: both are stored, or neither.
  absl::Status Create(const v1::Session& session, absl::string_view saved);
  // Removes it again, if it could be added: of another's of its name nothing is touched.
  void Discard();
  // What is stored of a session, without its records but the last, by which it tells the
  // time.
  static absl::StatusOr<StoredHeader> Read(storage::Storage* storage, const std::string& id,
                                           const std::string& header);

  // Why the machine need not be brought back now, if so.
  using Stopped = absl::FunctionRef<absl::Status()>;

  // Brings a new machine to where the journal ends, and marks it as failed where that
  // cannot be known any more: where the session failed, or what is stored is damaged. It
  // gives way to others in the turn, which must have a seat, and asks now and then
  // `stopped`, whose error it returns; then it may be called again with the same machine,
  // and goes on. After any other error it begins anew with another machine and Rewind.
  // The answers become those to the commands up to there.
  absl::Status Replay(Machine& machine, Answers& answers, Cores::Turn& turn, Stopped stopped);
  void Rewind();
  // The record that the machine has come to.
  storage::Position position() const { return position_; }

  // Writes what a command has done, before it is answered, in a record that tells the rest
  // already. If that fails, the journal ends before the command.
  absl::Status Append(const Command& command, const google::protobuf::Message& request,
                      const google::protobuf::Message& reply, storage::Record record);
  // Where the journal is: after that record; and what a snapshot of that makes superfluous,
  // which is all but the last record.
  struct Place {
    storage::Position position = 0;
    uint64_t bytes = 0;
  };
  Place place() const { return {position_, stored_bytes_ - last_bytes_}; }
  // Thread-safe: stores what the session was at that place, as WriteSaved (saved.h)
  // says it, with the answers that it had given. Records up to there need not be replayed
  // any more, and are removed.
  absl::Status PutSnapshot(const Place& place, const storage::Answers& answers,
                           absl::string_view saved);
  // Thread-safe: what records and snapshots take; and whether the next snapshot makes more
  // than half of that superfluous.
  uint64_t stored_bytes() const { return stored_bytes_; }
  bool wasteful() const { return stored_bytes_ > 2 * snapshot_bytes_; }
  // Thread-safe: calls `done` when all that has been appended survives a loss of power, or it
  // cannot.
  void WhenSafe(std::function<void(absl::Status)> done);

  absl::Status Sync() { return StorageError(storage_->Sync()); }

  // Thread-safe.
  absl::Status SetHeader(const v1::Session& session);
  // Removes all that is stored of the session, once; what is to be remembered of it is.
  absl::Status Delete(const std::optional<storage::GoneSession>& gone);

 private:
  struct Repetition;

  // Takes up the record there, and carries it out once more; `left` is why not, if that is
  // not storage's. DATA_LOSS if that does not come to what it came to.
  absl::Status Begin(storage::Position position, absl::string_view bytes);
  absl::Status Repeat(Machine& machine, Answers& answers, Cores::Turn& turn, Stopped stopped,
                      absl::Status* left);
  // Has the machine begin with the snapshot, if there is one.
  absl::Status Load(const storage::Lease& lease, Machine& machine, Answers& answers,
                    Cores::Turn& turn, absl::Status* left);
  // Takes the session, unless that has been done. Errors are storage's.
  absl::StatusOr<storage::Lease> Open();
  std::string Header(const v1::Session& session) const;
  // So much more is stored than before, or less.
  void Count(int64_t bytes);

  storage::Storage* const storage_;
  const storage::Claim claim_;
  const std::string id_, identity_;
  const RequestId created_by_;
  Account& account_;
  std::atomic<uint64_t> stored_bytes_;
  std::atomic<uint64_t> snapshot_bytes_{0};  // of the last one that was put
  bool loaded_ = false;                      // the snapshot
  storage::Position position_ = 0;
  uint64_t last_bytes_ = 0;  // of the record there
  std::unique_ptr<Repetition> repetition_;
  std::mutex mutex_;  // for all that follows, and what is stored
  std::optional<storage::Lease> lease_;
  bool deleted_ = false;
  bool replaying_ = false;  // from an older snapshot than the last one, perhaps
};

}  // namespace spiked::session
