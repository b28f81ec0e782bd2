// What SqliteStorage does in the background: it asks the disk to keep what was written,
// removes what nobody needs, and has the WAL start anew.
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/sqlite_reader.h"
#include "server/storage/sqlite_storage.h"
#include "spdlog/spdlog.h"

namespace spiked::storage {

// What is free within the files will be used again.
uint64_t SqliteStorage::Capacity() {
  const std::optional<uint64_t> free =
      options_.free_bytes ? options_.free_bytes() : folder_.FreeBytes();
  return free ? *free + folder_.FileBytes() : std::numeric_limits<uint64_t>::max();
}

// Commits do not wait for the disk. Whoever wants theirs to survive a loss of power waits
// for one call, which makes all of them durable that came before it, while others commit.

void SqliteStorage::WhenSafe(std::function<void(absl::Status)> done) {
  {
    std::lock_guard lock(sync_mutex_);
    unsynced_.push_back(std::move(done));
  }
  sync_wake_.notify_one();
}

void SqliteStorage::SyncInTurn() {
  std::unique_lock lock(sync_mutex_);
  for (;;) {
    sync_wake_.wait(lock, [&] { return sync_ends_ || !unsynced_.empty(); });
    if (unsynced_.empty()) return;
    const auto batch = std::exchange(unsynced_, {});
    lock.unlock();
    const absl::Status status = SyncAll();
    for (const auto& done : batch) done(status);
    lock.lock();
  }
}

absl::Status SqliteStorage::SyncAll() {
  absl::Status status = SyncWal();
  if (!status.ok()) return status;
  const auto synced = log_->Sync();
  if (!synced.ok()) NoteSyncFailed();
  syncs_ += synced.value_or(0);
  return sync_failed_ ? SyncFailed() : absl::OkStatus();
}

absl::Status SqliteStorage::SyncWal() {
  std::lock_guard lock(wal_mutex_);
  if (!sync_failed_ && wal_unsynced_.exchange(false)) {
    sqlite3_file* wal = nullptr;
    sqlite3_file_control(syncer_.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    ++syncs_;
    if (wal->pMethods == nullptr || wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
      NoteSyncFailed();
    }
  }
  return sync_failed_ ? SyncFailed() : absl::OkStatus();
}

void SqliteStorage::NoteSyncFailed() {
  if (!sync_failed_.exchange(true)) spdlog::error("{}", std::string(SyncFailed().message()));
}

absl::Status SqliteStorage::SyncFailed() const {
  return absl::UnavailableError(
      absl::StrCat(folder_.path(),
                   ": the disk could not be brought to keep what was written; nothing survives a "
                   "loss of power until the server is started again"));
}

void SqliteStorage::WakeKeeper() {
  {
    std::lock_guard lock(keep_mutex_);
    ++wanted_;
  }
  keep_wake_.notify_one();
}

void SqliteStorage::Tidy() {
  (void)Settle(/*all=*/true);
  std::unique_lock lock(keep_mutex_);
  const uint64_t round = ++wanted_;
  keep_wake_.notify_one();
  kept_.wait(lock, [&] { return done_ >= round; });
}

void SqliteStorage::Keep() {
  std::unique_lock lock(keep_mutex_);
  for (;;) {
    keep_wake_.wait(lock, [&] { return keep_ends_ || done_ < wanted_; });
    if (keep_ends_) return;
    const uint64_t round = wanted_;
    lock.unlock();
    // If it fails, whoever needs room in the log tries again.
    (void)Settle(/*all=*/false);
    RemoveRubbish();
    Checkpoint();
    lock.lock();
    done_ = round;
    kept_.notify_all();
  }
}

absl::StatusOr<bool> SqliteStorage::RemoveRecords(int64_t session, int64_t up_to) {
  // Up to some records behind the first one there is.
  struct Sql {
    const char *count, *remove;
  };
#define SPIKED_SOME(table)                                               \
  "FROM " table                                                          \
  " WHERE session = ?1 AND position <= ?2 AND position < 256 + (SELECT " \
  "min(position) FROM " table " WHERE session = ?1)"
  static constexpr Sql kTables[] = {
      {"SELECT coalesce(sum(length(record)), 0) " SPIKED_SOME("journal"),
       "DELETE " SPIKED_SOME("journal")},
      {"SELECT coalesce(sum(length(record)), 0) " SPIKED_SOME("refuge"),
       "DELETE " SPIKED_SOME("refuge")}};
#undef SPIKED_SOME
  bool more = false;
  absl::Status status = Change([&](Database& database) -> absl::Status {
    for (const Sql& sql : kTables) {
      int64_t bytes = 0;
      {
        Query query(database, sql.count, session, up_to);
        if (query.Next()) bytes = query.Integer(0);
        if (!query.status().ok()) return query.status();
      }
      const auto removed = database.Run(sql.remove, session, up_to);
      if (!removed.ok()) return removed.status();
      if (*removed == 0) continue;
      more = true;
      const auto told = database.Run("UPDATE sessions SET bytes = max(bytes - ?, 0) WHERE key = ?",
                                     bytes, session);
      if (!told.ok()) return told.status();
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return more;
}

absl::StatusOr<bool> SqliteStorage::RemoveChunk(int64_t snapshot) {
  bool more = false;
  absl::Status status = Change([&](Database& database) {
    const auto removed = database.Run(
        "DELETE FROM chunks WHERE place = (SELECT min(place) FROM chunks WHERE place >= ?1) "
        "AND place < ?2",
        PlaceOfChunk(snapshot, 0), PlaceOfChunk(snapshot + 1, 0));
    more = removed.value_or(0) > 0;
    return removed.status();
  });
  if (!status.ok()) return status;
  return more;
}

void SqliteStorage::RemoveRubbish() {
  // One that cannot be removed must not be in the way of others.
  for (int64_t key = 0;;) {
    int64_t session = 0, up_to = 0, snapshot = 0;
    {
      std::lock_guard lock(writer_mutex_);
      Query query(writer_,
                  "SELECT key, session, up_to, snapshot FROM rubbish WHERE key > ? "
                  "ORDER BY key LIMIT 1",
                  key);
      if (!query.Next()) return;
      key = query.Integer(0);
      session = query.Integer(1);
      up_to = query.Integer(2);
      snapshot = query.Integer(3);
    }
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) {
      more = snapshot != 0 ? RemoveChunk(snapshot) : RemoveRecords(session, up_to);
      std::lock_guard lock(keep_mutex_);
      if (keep_ends_) return;
    }
    if (!more.ok()) continue;
    (void)Change([&](Database& database) {
      return database.Run("DELETE FROM rubbish WHERE key = ?", key).status();
    });
  }
}

void SqliteStorage::Checkpoint() {
  if (wal_pages_ < options_.checkpoint_pages) return;
  const auto checkpoint = [&] {
    int pages = 0, moved = 0;
    sqlite3_wal_checkpoint_v2(keeper_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
  };
  // Most of it while others write; then what they have written meanwhile, so that the WAL
  // starts anew.
  checkpoint();
  std::lock_guard lock(writer_mutex_);
  checkpoint();
}

}  // namespace spiked::storage
