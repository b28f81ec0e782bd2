// Storage in a folder on a local disk, for one server; README.md describes it.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/storage/database.h"
#include "server/storage/folder.h"
#include "server/storage/log.h"
#include "server/storage/storage.h"

namespace spiked::storage {

struct SqliteOptions {
  std::string folder;
  // What SQLite reaches files by; empty: its own way.
  std::string vfs = "";
  // Unix time in ms, by which leases end; empty: the system's.
  std::function<int64_t()> now_ms = nullptr;
  // How many bytes more the folder can hold; empty: as its file system says.
  std::function<uint64_t()> free_bytes = nullptr;
  // When the WAL has so many pages, they go to the database.
  int checkpoint_pages = 16'384;  // 64 MiB
  // When a generation of the log has so many bytes, it goes to the database.
  int64_t log_bytes = 1 << 20;
};

class SqliteStorage final : public Storage {
 public:
  // Opens the folder, which is made if it is missing, and brings what is in it up to
  // date. FAILED_PRECONDITION if another process uses it, or it is a newer server's.
  static absl::StatusOr<std::unique_ptr<SqliteStorage>> Open(SqliteOptions options);
  // What has been acknowledged stays, and what waits is acknowledged.
  ~SqliteStorage() override;

  absl::StatusOr<Lease> Create(absl::string_view id, absl::string_view header,
                               const Claim& claim) override;
  absl::StatusOr<Lease> CreateFrom(
      absl::string_view id, absl::string_view header, const Claim& claim, absl::string_view name,
      absl::FunctionRef<absl::Status(SnapshotWriter& writer)> write) override;
  absl::StatusOr<std::vector<StoredSession>> List(absl::string_view after, size_t most) override;
  absl::StatusOr<std::string> Header(absl::string_view id) override;
  absl::Status SetHeader(const Lease& lease, absl::string_view header) override;
  absl::Status Delete(const Lease& lease, const std::optional<GoneSession>& gone) override;
  absl::Status Remember(const GoneSession& gone) override;
  absl::StatusOr<std::vector<GoneSession>> Remembered() override;
  absl::Status Forget(int64_t before_ms, size_t most) override;

  absl::StatusOr<Lease> Take(absl::string_view id, const Claim& claim) override;
  absl::Status Renew(const Lease& lease, std::chrono::milliseconds duration) override;
  absl::Status Release(const Lease& lease) override;

  absl::Status Append(const Lease& lease, Position position, absl::string_view record) override;
  absl::StatusOr<std::optional<StoredRecord>> Last(absl::string_view id) override;
  absl::Status Read(
      const Lease& lease, Position after,
      absl::FunctionRef<absl::Status(Position position, absl::string_view record)> visit) override;
  absl::Status Trim(const Lease& lease, Position up_to) override;

  absl::StatusOr<std::unique_ptr<SnapshotWriter>> PutSnapshot(const Lease& lease,
                                                              absl::string_view name,
                                                              Position position) override;
  absl::StatusOr<StoredSnapshot> GetSnapshot(
      const Lease& lease, absl::string_view name,
      absl::FunctionRef<absl::Status(absl::string_view bytes)> visit) override;
  absl::StatusOr<std::vector<StoredSnapshot>> ListSnapshots(const Lease& lease) override;
  absl::Status DeleteSnapshot(const Lease& lease, absl::string_view name) override;

  uint64_t Capacity() override;
  void WhenSafe(std::function<void(absl::Status)> done) override;

  // Returns when all that is rubbish so far has been removed, or cannot be, and what has
  // been written is in the database, unless that fails.
  void Tidy();
  // How often the disk has been asked to keep what was written.
  int64_t syncs() const { return syncs_; }

 private:
  class Writer;
  class Reader;
  // By session, in order.
  using Records = absl::btree_map<int64_t, std::vector<StoredRecord>>;
  // What is known of a session that is written.
  struct Written {
    int64_t fence = 0;
    Position last = 0;
    absl::Status lost;  // why what was written cannot be stored, if so
  };

  SqliteStorage(SqliteOptions options, Folder folder, Database writer, Database syncer,
                Database keeper, std::unique_ptr<Log> log);

  // Changes something, alone.
  absl::Status Change(absl::FunctionRef<absl::Status(Database& database)> change);
  int64_t LeaseEnd(std::chrono::milliseconds duration) const;
  absl::StatusOr<Lease> Insert(Database& database, absl::string_view id, absl::string_view header,
                               const Claim& claim, Position last) const;
  static absl::Status Remember(Database& database, const GoneSession& gone);

  // Records (sqlite_journal.cc).
  //
  // Takes up what the log has from before.
  absl::Status Replay();
  // Moves the generation that has ended to the database, if there is one, and what has
  // been written since, if that is to be.
  absl::Status Settle(bool all);
  absl::Status SettleEnded();
  // With the log's mutex held, and none that has ended before.
  absl::Status EndGeneration();
  // To the database, which has all up to that generation then; with the writer's mutex held.
  absl::Status Move(const Records& records, std::optional<int64_t> generation);
  absl::Status AppendStored(const Lease& lease, Position position, absl::string_view record);
  // With the log's mutex held: what is known of a session whose lease that is, and that
  // may write there.
  absl::StatusOr<Written*> MayWrite(const Lease& lease, Position position);
  // Nothing is known of the session any more.
  void ForgetWritten(int64_t session);
  // Those behind that position that are not in the database, or were not a moment ago.
  std::vector<StoredRecord> Recent(int64_t session, Position after);
  // The next ones in the database, up to about kReadBytes.
  absl::Status ReadStored(int64_t session, Position after, std::vector<std::string>& records);

  // In the background (sqlite_keep.cc).
  void SyncInTurn();
  absl::Status SyncAll();
  absl::Status SyncWal();
  void NoteSyncFailed();
  absl::Status SyncFailed() const;
  void Keep();
  void RemoveRubbish();
  // Of a session up to a position, or of a snapshot. Whether there may be more than what
  // one step removes.
  absl::StatusOr<bool> RemoveRecords(int64_t session, int64_t up_to);
  absl::StatusOr<bool> RemoveChunk(int64_t snapshot);
  void Checkpoint();
  void WakeKeeper();

  const SqliteOptions options_;
  const Folder folder_;

  // Locked in this order.
  std::mutex settle_mutex_, writer_mutex_, log_mutex_;

  Database writer_;  // the writer's mutex
  std::atomic<bool> wal_unsynced_{true};
  std::atomic<int> wal_pages_{0};       // as of the last commit
  std::atomic<bool> in_refuge_{false};  // whether there is anything

  // The log's mutex.
  const std::unique_ptr<Log> log_;
  Records filling_, settling_;  // of the generation that is written, and of the one before
  bool ended_ = false;          // that one has ended, and is not in the database
  absl::flat_hash_map<int64_t, Written> written_;
  int64_t generation_ = 1;  // of `filling_`

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Database>> readers_;  // that nobody uses

  std::mutex sync_mutex_;
  std::condition_variable sync_wake_;
  std::vector<std::function<void(absl::Status)>> unsynced_;
  bool sync_ends_ = false;
  std::mutex wal_mutex_;
  Database syncer_;  // the WAL's mutex
  // What could not be synced once may be lost, although a second try says nothing of it.
  std::atomic<bool> sync_failed_{false};
  std::atomic<int64_t> syncs_{0};

  std::mutex keep_mutex_;
  std::condition_variable keep_wake_, kept_;
  uint64_t wanted_ = 0, done_ = 0;  // rounds of the keeper
  bool keep_ends_ = false;
  Database keeper_;  // the keeper's

  std::thread sync_thread_, keep_thread_;
};

}  // namespace spiked::storage
