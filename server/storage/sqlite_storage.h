// Storage in a folder on a local disk, for one server; README.md describes it.
#pragma once

#include <sqlite3.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/storage/database.h"
#include "server/storage/folder.h"
#include "server/storage/storage.h"

namespace spiked::storage {

struct SqliteOptions {
  std::string folder;
  // What SQLite reaches files by; empty: its own way.
  std::string vfs = "";
  // Unix time in ms, by which leases end; empty: the system's.
  std::function<int64_t()> now_ms = nullptr;
  // When the WAL has so many pages, they go to the database.
  int checkpoint_pages = 16'384;  // 64 MiB
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
  absl::StatusOr<std::vector<StoredSession>> List(absl::string_view after, size_t most) override;
  absl::StatusOr<std::string> Header(absl::string_view id) override;
  absl::Status SetHeader(const Lease& lease, absl::string_view header) override;
  absl::Status Delete(const Lease& lease) override;

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

  void WhenSafe(std::function<void(absl::Status)> done) override;

  // Returns when all that is rubbish so far has been removed, or cannot be, and what has
  // been committed is in the database, unless that fails.
  void Tidy();

 private:
  class Writer;
  class Reader;

  SqliteStorage(SqliteOptions options, Folder folder, Database writer, Database syncer,
                Database keeper);

  // Changes something, alone.
  absl::Status Change(absl::FunctionRef<absl::Status(Database& database)> change);
  void SyncInTurn();
  absl::Status SyncWal();
  int64_t LeaseEnd(std::chrono::milliseconds duration) const;

  // In the background.
  void Keep();
  void RemoveRubbish();
  // Whether there was more than one step's worth of it.
  absl::StatusOr<bool> RemoveSome(const char* sql, int64_t of, int64_t up_to);
  void Checkpoint();
  void WakeKeeper();

  const SqliteOptions options_;
  const Folder folder_;

  std::mutex writer_mutex_;
  Database writer_;

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Database>> readers_;  // that nobody uses

  std::mutex sync_mutex_;
  std::condition_variable sync_wake_;
  std::vector<std::function<void(absl::Status)>> unsynced_;
  bool sync_ends_ = false;
  Database syncer_;           // the sync thread's
  absl::Status sync_status_;  // the sync thread's

  std::mutex keep_mutex_;
  std::condition_variable keep_wake_, kept_;
  uint64_t wanted_ = 0, done_ = 0;  // rounds of the keeper
  bool keep_ends_ = false;
  Database keeper_;  // the keeper's

  std::thread sync_thread_, keep_thread_;
};

}  // namespace spiked::storage
