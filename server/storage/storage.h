// What survives the server: sessions, their journals and their snapshots.
// README.md says what is promised.
//
// Errors, wherever nothing else is said:
//   RESOURCE_EXHAUSTED  there is no room for it, such as on a full disk
//   PERMISSION_DENIED   it can only be read now, such as on a disk that has become read-only
//   UNAVAILABLE         it cannot be read or written now
//   DATA_LOSS           what is stored is damaged
//   ABORTED             the lease is not the session's last one any more
// A call that fails has changed nothing. What a call has changed survives the death of the
// process when the call returns; see WhenSafe for a loss of power.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::storage {

// The place of a record in the journal of its session, from 1. After all records
// up to a position p comes the one at p + 1; 0 is before all.
using Position = uint64_t;

// Who wants to write a session, and for how long unless that is renewed.
struct Claim {
  std::string holder;
  std::chrono::milliseconds duration;
};

// The right to write a session.
struct Lease {
  int64_t session = 0;
  int64_t fence = 0;  // greater than those of all leases of the session before
};

struct StoredSession {
  std::string id;
  std::string header;
  uint64_t bytes = 0;  // of its records, but for the last that were written, and snapshots
};

struct StoredRecord {
  Position position = 0;
  std::string record;
};

// What is remembered of a session that is gone; nothing here knows what it says.
struct GoneSession {
  std::string id;
  int64_t time_ms = 0;  // Unix time of its end
  std::string epitaph;
};

struct StoredSnapshot {
  std::string name;
  Position position = 0;  // the state after the record there
  uint64_t bytes = 0;
};

// A snapshot that is being written. One that is not finished leaves nothing.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;
  virtual absl::Status Write(absl::string_view bytes) = 0;
  // Puts it in the place of the one of its name, if there is one, to survive a loss of
  // power. Nothing may follow.
  virtual absl::Status Finish() = 0;
};

// Thread-safe. A store that several servers share has the same leases for all of them.
class Storage {
 public:
  virtual ~Storage() = default;

  // Adds a session without records, held by whoever claims it. ALREADY_EXISTS.
  virtual absl::StatusOr<Lease> Create(absl::string_view id, absl::string_view header,
                                       const Claim& claim) = 0;
  // Adds one that goes on from a snapshot, which `write` writes, but does not finish: after a
  // loss of power, too, both are there or neither. The snapshot is at position 1, as if a
  // record had been there, so that whoever reads the journal misses it if it is lost.
  virtual absl::StatusOr<Lease> CreateFrom(
      absl::string_view id, absl::string_view header, const Claim& claim, absl::string_view name,
      absl::FunctionRef<absl::Status(SnapshotWriter& writer)> write) = 0;
  // The sessions whose ids come after that one, at most so many, by their ids.
  virtual absl::StatusOr<std::vector<StoredSession>> List(absl::string_view after, size_t most) = 0;
  // What the session was created with, or what SetHeader said last. NOT_FOUND.
  virtual absl::StatusOr<std::string> Header(absl::string_view id) = 0;
  virtual absl::Status SetHeader(const Lease& lease, absl::string_view header) = 0;
  // Removes the session with all it has; its id is free at once. What is to be remembered of
  // it is from then on, in the place of what was of that id, if it can be.
  virtual absl::Status Delete(const Lease& lease, const std::optional<GoneSession>& gone) = 0;

  // Remembers one that was not stored.
  virtual absl::Status Remember(const GoneSession& gone) = 0;
  // All that are remembered, in the order of their ends.
  virtual absl::StatusOr<std::vector<GoneSession>> Remembered() = 0;
  // Forgets those that ended before, and but so many of the last.
  virtual absl::Status Forget(int64_t before_ms, size_t most) = 0;

  // A lease of a session that nobody else holds. NOT_FOUND; ABORTED, with who holds it.
  virtual absl::StatusOr<Lease> Take(absl::string_view id, const Claim& claim) = 0;
  // For so long from now on, also after it has run out, if nobody else has taken it.
  virtual absl::Status Renew(const Lease& lease, std::chrono::milliseconds duration) = 0;
  virtual absl::Status Release(const Lease& lease) = 0;

  // Writes the record at a position where there is none yet.
  virtual absl::Status Append(const Lease& lease, Position position, absl::string_view record) = 0;
  // The last record, or nothing if there is none. NOT_FOUND: there is no such session.
  virtual absl::StatusOr<std::optional<StoredRecord>> Last(absl::string_view id) = 0;
  // Calls `visit` for each record after that position, in order, until it returns an
  // error, which this then returns. DATA_LOSS where a record is damaged or missing, after
  // those before it have been visited.
  virtual absl::Status Read(
      const Lease& lease, Position after,
      absl::FunctionRef<absl::Status(Position position, absl::string_view record)> visit) = 0;
  // Removes the records up to that position, soon.
  virtual absl::Status Trim(const Lease& lease, Position up_to) = 0;

  virtual absl::StatusOr<std::unique_ptr<SnapshotWriter>> PutSnapshot(const Lease& lease,
                                                                      absl::string_view name,
                                                                      Position position) = 0;
  // Calls `visit` for the snapshot's bytes, piece by piece, until it returns an error,
  // which this then returns. NOT_FOUND; what it was.
  virtual absl::StatusOr<StoredSnapshot> GetSnapshot(
      const Lease& lease, absl::string_view name,
      absl::FunctionRef<absl::Status(absl::string_view bytes)> visit) = 0;
  // By their names.
  virtual absl::StatusOr<std::vector<StoredSnapshot>> ListSnapshots(const Lease& lease) = 0;
  // NOT_FOUND.
  virtual absl::Status DeleteSnapshot(const Lease& lease, absl::string_view name) = 0;

  // How many bytes can be stored, with those that are; as many as there are numbers if that
  // cannot be told.
  virtual uint64_t Capacity() = 0;

  // Calls `done` once, on any thread, when all that has been changed so far survives a
  // loss of power; in the order of the calls. UNAVAILABLE if that cannot be had until the
  // store is opened again. `done` must be quick, and call nothing here.
  virtual void WhenSafe(std::function<void(absl::Status)> done) = 0;
  // The same, when that is so.
  absl::Status Sync();
};

}  // namespace spiked::storage
