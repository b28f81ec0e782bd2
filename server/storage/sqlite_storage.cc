#include "server/storage/sqlite_storage.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/checked_vfs.h"
#include "server/storage/first_page.h"
#include "server/storage/rescue.h"
#include "server/storage/schema.h"
#include "server/storage/sqlite_reader.h"
#include "spdlog/spdlog.h"

namespace spiked::storage {
namespace {

// A piece of a snapshot: what is written in well under a millisecond, as others wait.
constexpr size_t kChunkBytes = 256 << 10;
constexpr int64_t kEverything = std::numeric_limits<int64_t>::max();

// Whether what a lease allows has changed something.
absl::Status Allowed(const absl::StatusOr<int>& changes) {
  if (!changes.ok()) return changes.status();
  return *changes > 0 ? absl::OkStatus() : LeaseLost();
}

// Removes a whole snapshot; how many there were.
absl::StatusOr<int> Discard(Database& database, int64_t session, absl::string_view name) {
  auto found = database.Run(
      "INSERT INTO rubbish (snapshot) SELECT key FROM snapshots WHERE session = ? AND name = ? "
      "AND whole",
      session, name);
  if (!found.ok() || *found == 0) return found;
  return database.Run("DELETE FROM snapshots WHERE session = ? AND name = ? AND whole", session,
                      name);
}

// What versions before 2 did not tell of a session; where a page is damaged, it stays
// unknown.
absl::Status TellOfJournals(Database& database) {
  std::vector<int64_t> keys;
  {
    Query query(database, "SELECT key FROM sessions WHERE last IS NULL");
    while (query.Next()) keys.push_back(query.Integer(0));
    if (!query.status().ok()) return query.status();
  }
  for (const int64_t key : keys) {
    const absl::Status told =
        database
            .Run(
                "UPDATE sessions SET (last, bytes) = (SELECT coalesce(max(position), 0), "
                "coalesce(sum(length(record)), 0) FROM journal WHERE session = ?1) WHERE key = ?1",
                key)
            .status();
    if (!told.ok() && !absl::IsDataLoss(told)) return told;
  }
  return absl::OkStatus();
}

absl::Status Prepare(Database& database) {
  absl::Status status = MakeTables(database);
  if (status.ok()) status = TellOfJournals(database);
  if (!status.ok()) return status;
  // As this is the only process that uses the folder, whoever held or wrote something
  // does so no more.
  return database.Transact([&] {
    absl::Status cleaned =
        database.Script("UPDATE sessions SET lease_end_ms = 0 WHERE lease_end_ms != 0");
    cleaned.Update(
        database.Script("INSERT INTO rubbish (snapshot) SELECT key FROM snapshots WHERE NOT whole;"
                        "DELETE FROM snapshots WHERE NOT whole"));
    return cleaned;
  });
}

// The database, up to date, and made anew if it has to be.
absl::StatusOr<Database> OpenWriter(const Folder& folder, const std::string& vfs, Log& log) {
  absl::Status damage;
  for (;;) {
    auto writer = Database::Open(folder.File("spiked.db"), vfs);
    if (!writer.ok()) return writer;
    absl::Status status = Prepare(*writer);
    if (status.ok()) status = CheckShared(*writer);
    if (status.ok()) return writer;
    if (!absl::IsDataLoss(status) || !damage.ok()) return status;
    damage = status;
    { const Database closed = *std::move(writer); }
    status = Rescue(folder, vfs, log);
    if (absl::IsDataLoss(status)) {
      return absl::DataLossError(
          absl::StrCat(damage.message(), "; it cannot be made anew of what is there (",
                       status.message(), "). Nothing has been changed: put a copy of ",
                       folder.path(), " in its place, or move it away to begin with nothing"));
    }
    if (!status.ok()) return status;
  }
}

}  // namespace

absl::Status MakeTables(Database& database) {
  int reserved = kPageCheckBytes;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  const absl::Status status = database.Script("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL");
  return status.ok() ? Migrate(database, Migrations()) : status;
}

absl::Status LeaseLost() {
  return absl::AbortedError("somebody else has taken the session, or it has been deleted");
}

absl::Status CheckFence(Database& database, const Lease& lease) {
  Query query(database, "SELECT 1 FROM sessions WHERE key = ? AND fence = ?", lease.session,
              lease.fence);
  if (query.Next()) return absl::OkStatus();
  return query.status().ok() ? LeaseLost() : query.status();
}

absl::StatusOr<Database> Connect(const std::string& path, const std::string& vfs) {
  auto database = Database::Open(path, vfs);
  if (!database.ok()) return database;
  // The bytes of pages that are free are nobody's secret.
  absl::Status status = database->Script("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF");
  // What has not read has not opened the WAL.
  status.Update(database->Run("SELECT 1 FROM sqlite_schema").status());
  if (!status.ok()) return status;
  return database;
}

// Piece by piece under a key of its own, so that others can write in between.
class SqliteStorage::Writer final : public SnapshotWriter {
 public:
  // Without a lease it is for a session that is yet to be.
  Writer(SqliteStorage* storage, const Lease& lease, std::string name)
      : storage_(*storage), lease_(lease), name_(std::move(name)) {}

  ~Writer() override {
    if (key_ == 0 || finished_) return;
    // If this fails, it is rubbish when the store is opened again.
    (void)storage_.Change([&](Database& database) {
      absl::Status status =
          database.Run("INSERT INTO rubbish (snapshot) VALUES (?)", key_).status();
      status.Update(database.Run("DELETE FROM snapshots WHERE key = ?", key_).status());
      return status;
    });
    storage_.WakeKeeper();
  }

  absl::Status Begin(Position position) {
    int64_t key = 0;
    absl::Status status = storage_.Change([&](Database& database) {
      absl::Status inserted = lease_.session == 0 ? absl::OkStatus() : CheckFence(database, lease_);
      if (!inserted.ok()) return inserted;
      inserted = database
                     .Run(
                         "INSERT INTO snapshots (session, name, position, bytes, whole) "
                         "VALUES (?, ?, ?, 0, 0)",
                         lease_.session, absl::string_view(name_), static_cast<int64_t>(position))
                     .status();
      key = sqlite3_last_insert_rowid(database.handle());
      return inserted;
    });
    // One that was not committed is the next one's.
    if (status.ok()) key_ = key;
    return status;
  }

  absl::Status Write(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t taken = std::min(bytes.size(), kChunkBytes - buffer_.size());
      absl::StrAppend(&buffer_, bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (buffer_.size() < kChunkBytes) break;
      if (absl::Status status = Flush(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    return FinishFor([&](Database& database) -> absl::StatusOr<Lease> {
      absl::Status done = CheckFence(database, lease_);
      if (done.ok()) done = Discard(database, lease_.session, name_).status();
      if (!done.ok()) return done;
      return lease_;
    });
  }

  bool finished() const { return finished_; }
  // As that of the session that `whose` finds or makes, in the same transaction.
  absl::Status FinishFor(absl::FunctionRef<absl::StatusOr<Lease>(Database& database)> whose) {
    if (!buffer_.empty()) {
      if (absl::Status status = Flush(); !status.ok()) return status;
    }
    absl::Status status = storage_.Change([&](Database& database) {
      const auto lease = whose(database);
      if (!lease.ok()) return lease.status();
      return database
          .Run("UPDATE snapshots SET session = ?, whole = 1, bytes = ? WHERE key = ?",
               lease->session, static_cast<int64_t>(bytes_), key_)
          .status();
    });
    finished_ = status.ok();
    if (finished_) storage_.WakeKeeper();
    return finished_ ? storage_.Sync() : status;
  }

 private:
  absl::Status Flush() {
    absl::Status status = storage_.Change([&](Database& database) {
      return database
          .Run("INSERT INTO chunks (place, data) VALUES (?, ?)", PlaceOfChunk(key_, number_),
               Blob{buffer_})
          .status();
    });
    if (!status.ok()) return status;
    ++number_;
    bytes_ += buffer_.size();
    buffer_.clear();
    return absl::OkStatus();
  }

  SqliteStorage& storage_;
  const Lease lease_;
  const std::string name_;
  int64_t key_ = 0, number_ = 0;
  uint64_t bytes_ = 0;
  std::string buffer_;
  bool finished_ = false;
};

absl::StatusOr<std::unique_ptr<SqliteStorage>> SqliteStorage::Open(SqliteOptions options) {
  auto folder = Folder::Lock(options.folder);
  if (!folder.ok()) return folder.status();
  options.vfs = CheckedVfs(options.vfs);
  if (options.now_ms == nullptr) {
    options.now_ms = [] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    };
  }
  auto log = Log::Open(*folder, options.vfs);
  if (!log.ok()) return log.status();
  auto writer = OpenWriter(*folder, options.vfs, **log);
  if (!writer.ok()) return writer.status();
  if (absl::Status noted = NoteTables(*folder, *writer); !noted.ok()) {
    spdlog::warn("{}; if the first page of the database is damaged, it cannot be made anew",
                 std::string(noted.message()));
  }
  const std::string path = folder->File("spiked.db");
  absl::Status status = writer->Script("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF");
  if (!status.ok()) return status;
  auto syncer = Connect(path, options.vfs);
  if (!syncer.ok()) return syncer.status();
  auto keeper = Connect(path, options.vfs);
  if (!keeper.ok()) return keeper.status();
  std::unique_ptr<SqliteStorage> storage(new SqliteStorage(std::move(options), *std::move(folder),
                                                           *std::move(writer), *std::move(syncer),
                                                           *std::move(keeper), *std::move(log)));
  status = storage->Replay();
  if (!status.ok()) return status;
  storage->sync_thread_ = std::thread([&storage = *storage] { storage.SyncInTurn(); });
  storage->keep_thread_ = std::thread([&storage = *storage] { storage.Keep(); });
  storage->WakeKeeper();
  return storage;
}

SqliteStorage::SqliteStorage(SqliteOptions options, Folder folder, Database writer, Database syncer,
                             Database keeper, std::unique_ptr<Log> log)
    : options_(std::move(options)),
      folder_(std::move(folder)),
      writer_(std::move(writer)),
      log_(std::move(log)),
      syncer_(std::move(syncer)),
      keeper_(std::move(keeper)) {
  sqlite3_wal_hook(
      writer_.handle(),
      [](void* self, sqlite3* /*db*/, const char* /*name*/, int pages) {
        auto* storage = static_cast<SqliteStorage*>(self);
        storage->wal_pages_ = pages;
        if (pages >= storage->options_.checkpoint_pages) storage->WakeKeeper();
        return SQLITE_OK;
      },
      this);
}

SqliteStorage::~SqliteStorage() {
  {
    std::lock_guard lock(sync_mutex_);
    sync_ends_ = true;
  }
  sync_wake_.notify_one();
  if (sync_thread_.joinable()) sync_thread_.join();
  {
    std::lock_guard lock(keep_mutex_);
    keep_ends_ = true;
  }
  keep_wake_.notify_one();
  if (!keep_thread_.joinable()) return;
  keep_thread_.join();
  // If it cannot be, the log has it.
  (void)Settle(/*all=*/true);
}

absl::Status SqliteStorage::Change(absl::FunctionRef<absl::Status(Database& database)> change) {
  std::lock_guard lock(writer_mutex_);
  absl::Status status = writer_.Transact([&] { return change(writer_); });
  wal_unsynced_ = true;
  return status;
}

int64_t SqliteStorage::LeaseEnd(std::chrono::milliseconds duration) const {
  return options_.now_ms() + duration.count();
}

absl::StatusOr<Lease> SqliteStorage::Insert(Database& database, absl::string_view id,
                                            absl::string_view header, const Claim& claim,
                                            Position last) const {
  Lease lease{.session = 0, .fence = 1};
  const absl::Status status =
      database
          .Run(
              "INSERT INTO sessions (id, header, fence, holder, lease_end_ms, last) "
              "VALUES (?, ?, ?, ?, ?, ?)",
              id, Blob{header}, lease.fence, absl::string_view(claim.holder),
              LeaseEnd(claim.duration), static_cast<int64_t>(last))
          .status();
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(absl::StrCat("there is a session '", id, "' already"));
  }
  if (!status.ok()) return status;
  lease.session = sqlite3_last_insert_rowid(database.handle());
  return lease;
}

absl::StatusOr<Lease> SqliteStorage::Create(absl::string_view id, absl::string_view header,
                                            const Claim& claim) {
  absl::StatusOr<Lease> lease;
  absl::Status status = Change([&](Database& database) {
    lease = Insert(database, id, header, claim, /*last=*/0);
    return lease.status();
  });
  if (!status.ok()) return status;
  return lease;
}

absl::StatusOr<Lease> SqliteStorage::CreateFrom(
    absl::string_view id, absl::string_view header, const Claim& claim, absl::string_view name,
    absl::FunctionRef<absl::Status(SnapshotWriter& writer)> write) {
  constexpr Position kFirst = 1;
  Writer writer(this, Lease{}, std::string(name));
  absl::Status status = writer.Begin(kFirst);
  if (status.ok()) status = write(writer);
  absl::StatusOr<Lease> lease;
  if (status.ok()) {
    status = writer.FinishFor(
        [&](Database& database) { return lease = Insert(database, id, header, claim, kFirst); });
  }
  // It is there, but not so that it is safe.
  if (!status.ok() && writer.finished()) (void)Delete(*lease, std::nullopt);
  if (!status.ok()) return status;
  return lease;
}

absl::StatusOr<std::vector<StoredSession>> SqliteStorage::List(absl::string_view after,
                                                               size_t most) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  std::vector<StoredSession> sessions;
  Query query(*reader,
              "SELECT id, header, sessions.bytes + coalesce((SELECT sum(snapshots.bytes) FROM "
              "snapshots WHERE session = sessions.key AND whole), 0) FROM sessions WHERE id > ? "
              "ORDER BY id LIMIT ?",
              after, static_cast<int64_t>(most));
  while (query.Next()) {
    sessions.push_back({std::string(query.Bytes(0)), std::string(query.Bytes(1)),
                        static_cast<uint64_t>(query.Integer(2))});
  }
  if (!query.status().ok()) return query.status();
  return sessions;
}

absl::StatusOr<std::string> SqliteStorage::Header(absl::string_view id) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  Query query(*reader, "SELECT header FROM sessions WHERE id = ?", id);
  if (query.Next()) return std::string(query.Bytes(0));
  if (!query.status().ok()) return query.status();
  return absl::NotFoundError(absl::StrCat("there is no session '", id, "'"));
}

absl::Status SqliteStorage::SetHeader(const Lease& lease, absl::string_view header) {
  return Change([&](Database& database) {
    return Allowed(database.Run("UPDATE sessions SET header = ? WHERE key = ? AND fence = ?",
                                Blob{header}, lease.session, lease.fence));
  });
}

absl::Status SqliteStorage::Delete(const Lease& lease, const std::optional<GoneSession>& gone) {
  bool remembers = gone.has_value();
  const auto remove = [&](Database& database) {
    absl::Status done = Allowed(database.Run("DELETE FROM sessions WHERE key = ? AND fence = ?",
                                             lease.session, lease.fence));
    if (!done.ok()) return done;
    done.Update(
        database
            .Run("INSERT INTO rubbish (session, up_to) VALUES (?, ?)", lease.session, kEverything)
            .status());
    done.Update(database
                    .Run("INSERT INTO rubbish (snapshot) SELECT key FROM snapshots "
                         "WHERE session = ? AND whole",
                         lease.session)
                    .status());
    done.Update(
        database.Run("DELETE FROM snapshots WHERE session = ? AND whole", lease.session).status());
    if (remembers) done.Update(Remember(database, *gone));
    return done;
  };
  absl::Status status = Change(remove);
  if (remembers && absl::IsDataLoss(status)) {
    // Perhaps it is only that which is damaged.
    remembers = false;
    status = Change(remove);
  }
  if (!status.ok()) return status;
  ForgetWritten(lease.session);
  WakeKeeper();
  return status;
}

absl::Status SqliteStorage::Remember(Database& database, const GoneSession& gone) {
  return database
      .Run("INSERT OR REPLACE INTO gone (id, time_ms, epitaph) VALUES (?, ?, ?)",
           absl::string_view(gone.id), gone.time_ms, Blob{gone.epitaph})
      .status();
}

absl::Status SqliteStorage::Remember(const GoneSession& gone) {
  return Change([&](Database& database) { return Remember(database, gone); });
}

absl::StatusOr<std::vector<GoneSession>> SqliteStorage::Remembered() {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  std::vector<GoneSession> all;
  Query query(*reader, "SELECT id, time_ms, epitaph FROM gone ORDER BY key");
  while (query.Next()) {
    all.push_back({std::string(query.Bytes(0)), query.Integer(1), std::string(query.Bytes(2))});
  }
  if (!query.status().ok()) return query.status();
  return all;
}

absl::Status SqliteStorage::Forget(int64_t before_ms, size_t most) {
  return Change([&](Database& database) {
    return database
        .Run(
            "DELETE FROM gone WHERE time_ms < ? OR key IN "
            "(SELECT key FROM gone ORDER BY key DESC LIMIT -1 OFFSET ?)",
            before_ms, static_cast<int64_t>(most))
        .status();
  });
}

absl::StatusOr<Lease> SqliteStorage::Take(absl::string_view id, const Claim& claim) {
  Lease lease;
  absl::Status status = Change([&](Database& database) {
    {
      Query query(database, "SELECT key, fence, holder, lease_end_ms FROM sessions WHERE id = ?",
                  id);
      if (!query.Next()) {
        return query.status().ok()
                   ? absl::NotFoundError(absl::StrCat("there is no session '", id, "'"))
                   : query.status();
      }
      if (query.Bytes(2) != claim.holder && query.Integer(3) > options_.now_ms()) {
        return absl::AbortedError(
            absl::StrCat("the session '", id, "' is held by ", query.Bytes(2)));
      }
      lease = {.session = query.Integer(0), .fence = query.Integer(1) + 1};
    }
    return database
        .Run("UPDATE sessions SET fence = ?, holder = ?, lease_end_ms = ? WHERE key = ?",
             lease.fence, absl::string_view(claim.holder), LeaseEnd(claim.duration), lease.session)
        .status();
  });
  if (!status.ok()) return status;
  ForgetWritten(lease.session);
  return lease;
}

absl::Status SqliteStorage::Renew(const Lease& lease, std::chrono::milliseconds duration) {
  return Change([&](Database& database) {
    return Allowed(database.Run("UPDATE sessions SET lease_end_ms = ? WHERE key = ? AND fence = ?",
                                LeaseEnd(duration), lease.session, lease.fence));
  });
}

// The fence goes up, so that nothing more can be written with it.
absl::Status SqliteStorage::Release(const Lease& lease) {
  absl::Status status = Change([&](Database& database) {
    return Allowed(database.Run(
        "UPDATE sessions SET lease_end_ms = 0, fence = fence + 1 WHERE key = ? AND fence = ?",
        lease.session, lease.fence));
  });
  if (status.ok()) ForgetWritten(lease.session);
  return status;
}

absl::StatusOr<std::unique_ptr<SnapshotWriter>> SqliteStorage::PutSnapshot(const Lease& lease,
                                                                           absl::string_view name,
                                                                           Position position) {
  auto writer = std::make_unique<Writer>(this, lease, std::string(name));
  if (absl::Status status = writer->Begin(position); !status.ok()) return status;
  return writer;
}

absl::StatusOr<StoredSnapshot> SqliteStorage::GetSnapshot(
    const Lease& lease, absl::string_view name,
    absl::FunctionRef<absl::Status(absl::string_view bytes)> visit) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  // One statement sees one state of the database, whatever others write.
  Query query(*reader,
              "SELECT position, bytes, place - key * ?1, data FROM snapshots "
              "LEFT JOIN chunks ON place >= key * ?1 AND place < (key + 1) * ?1 "
              "WHERE session = ?2 AND name = ?3 AND whole ORDER BY place",
              PlaceOfChunk(1, 0), lease.session, name);
  StoredSnapshot snapshot;
  uint64_t bytes = 0;
  int64_t number = 0;
  bool found = false;
  for (; query.Next(); ++number) {
    if (!found) {
      found = true;
      snapshot = {std::string(name), static_cast<Position>(query.Integer(0)),
                  static_cast<uint64_t>(query.Integer(1))};
    }
    const absl::string_view data = query.Bytes(3);
    if (query.Integer(2) != number) break;
    bytes += data.size();
    if (absl::Status visited = visit(data); !visited.ok()) return visited;
  }
  if (!query.status().ok()) return query.status();
  if (!found) return absl::NotFoundError(absl::StrCat("there is no snapshot '", name, "'"));
  if (bytes != snapshot.bytes) {
    return absl::DataLossError(absl::StrCat("of the ", snapshot.bytes, " bytes of snapshot '", name,
                                            "' some are missing"));
  }
  return snapshot;
}

absl::StatusOr<std::vector<StoredSnapshot>> SqliteStorage::ListSnapshots(const Lease& lease) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  std::vector<StoredSnapshot> snapshots;
  Query query(*reader,
              "SELECT name, position, bytes FROM snapshots WHERE session = ? AND whole "
              "ORDER BY name",
              lease.session);
  while (query.Next()) {
    snapshots.push_back({std::string(query.Bytes(0)), static_cast<Position>(query.Integer(1)),
                         static_cast<uint64_t>(query.Integer(2))});
  }
  if (!query.status().ok()) return query.status();
  return snapshots;
}

absl::Status SqliteStorage::DeleteSnapshot(const Lease& lease, absl::string_view name) {
  absl::Status status = Change([&](Database& database) {
    absl::Status allowed = CheckFence(database, lease);
    if (!allowed.ok()) return allowed;
    const auto discarded = Discard(database, lease.session, name);
    if (!discarded.ok()) return discarded.status();
    return *discarded > 0 ? absl::OkStatus()
                          : absl::NotFoundError(absl::StrCat("there is no snapshot '", name, "'"));
  });
  if (status.ok()) WakeKeeper();
  return status;
}

}  // namespace spiked::storage
