#include "server/storage/sqlite_storage.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/checked_vfs.h"
#include "server/storage/schema.h"

namespace spiked::storage {
namespace {

// A piece of a snapshot: what is written in well under a millisecond, as others wait.
constexpr size_t kChunkBytes = 256 << 10;
// What is read of a journal before it is visited, so that no reader holds on to the
// database for long.
constexpr size_t kReadBytes = 1 << 20;
constexpr int64_t kEverything = std::numeric_limits<int64_t>::max();

absl::Status LeaseLost() {
  return absl::AbortedError("somebody else has taken the session, or it has been deleted");
}

// Whether what a lease allows has changed something.
absl::Status Allowed(const absl::StatusOr<int>& changes) {
  if (!changes.ok()) return changes.status();
  return *changes > 0 ? absl::OkStatus() : LeaseLost();
}

absl::Status CheckFence(Database& database, const Lease& lease) {
  Query query(database, "SELECT 1 FROM sessions WHERE key = ? AND fence = ?", lease.session,
              lease.fence);
  if (query.Next()) return absl::OkStatus();
  return query.status().ok() ? LeaseLost() : query.status();
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

absl::Status Prepare(Database& database) {
  int reserved = kPageCheckBytes;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  absl::Status status = database.Script("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL");
  if (status.ok()) status = Migrate(database, Migrations());
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

}  // namespace

// A connection for reading, for as long as somebody reads.
class SqliteStorage::Reader {
 public:
  explicit Reader(SqliteStorage& storage) : storage_(storage) {
    std::lock_guard lock(storage_.readers_mutex_);
    if (storage_.readers_.empty()) return;
    database_ = std::move(storage_.readers_.back());
    storage_.readers_.pop_back();
  }
  ~Reader() {
    if (database_ == nullptr) return;
    std::lock_guard lock(storage_.readers_mutex_);
    storage_.readers_.push_back(std::move(database_));
  }
  Reader(const Reader&) = delete;

  absl::Status Open() {
    if (database_ != nullptr) return absl::OkStatus();
    auto opened = Connect(storage_.folder_.File("spiked.db"), storage_.options_.vfs);
    if (!opened.ok()) return opened.status();
    database_ = std::make_unique<Database>(*std::move(opened));
    return absl::OkStatus();
  }
  Database& operator*() { return *database_; }

 private:
  SqliteStorage& storage_;
  std::unique_ptr<Database> database_;
};

// Piece by piece under a key of its own, so that others can write in between.
class SqliteStorage::Writer final : public SnapshotWriter {
 public:
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
      absl::Status inserted = CheckFence(database, lease_);
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
    if (!buffer_.empty()) {
      if (absl::Status status = Flush(); !status.ok()) return status;
    }
    absl::Status status = storage_.Change([&](Database& database) {
      absl::Status done = CheckFence(database, lease_);
      if (done.ok()) done = Discard(database, lease_.session, name_).status();
      if (done.ok()) {
        done = database
                   .Run("UPDATE snapshots SET whole = 1, bytes = ? WHERE key = ?",
                        static_cast<int64_t>(bytes_), key_)
                   .status();
      }
      return done;
    });
    finished_ = status.ok();
    if (finished_) storage_.WakeKeeper();
    return finished_ ? storage_.Sync() : status;
  }

 private:
  absl::Status Flush() {
    absl::Status status = storage_.Change([&](Database& database) {
      return database
          .Run("INSERT INTO chunks (snapshot, number, data) VALUES (?, ?, ?)", key_, number_,
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
  const std::string path = folder->File("spiked.db");
  auto writer = Database::Open(path, options.vfs);
  if (!writer.ok()) return writer.status();
  absl::Status status = Prepare(*writer);
  if (!status.ok()) return status;
  status = writer->Script("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF");
  if (!status.ok()) return status;
  auto syncer = Connect(path, options.vfs);
  if (!syncer.ok()) return syncer.status();
  auto keeper = Connect(path, options.vfs);
  if (!keeper.ok()) return keeper.status();
  return std::unique_ptr<SqliteStorage>(new SqliteStorage(std::move(options), *std::move(folder),
                                                          *std::move(writer), *std::move(syncer),
                                                          *std::move(keeper)));
}

SqliteStorage::SqliteStorage(SqliteOptions options, Folder folder, Database writer, Database syncer,
                             Database keeper)
    : options_(std::move(options)),
      folder_(std::move(folder)),
      writer_(std::move(writer)),
      syncer_(std::move(syncer)),
      keeper_(std::move(keeper)) {
  sqlite3_wal_hook(
      writer_.handle(),
      [](void* self, sqlite3* /*db*/, const char* /*name*/, int pages) {
        auto* storage = static_cast<SqliteStorage*>(self);
        if (pages >= storage->options_.checkpoint_pages) storage->WakeKeeper();
        return SQLITE_OK;
      },
      this);
  sync_thread_ = std::thread([this] { SyncInTurn(); });
  keep_thread_ = std::thread([this] { Keep(); });
  WakeKeeper();
}

SqliteStorage::~SqliteStorage() {
  {
    std::lock_guard lock(sync_mutex_);
    sync_ends_ = true;
  }
  sync_wake_.notify_one();
  sync_thread_.join();
  {
    std::lock_guard lock(keep_mutex_);
    keep_ends_ = true;
  }
  keep_wake_.notify_one();
  keep_thread_.join();
}

absl::Status SqliteStorage::Change(absl::FunctionRef<absl::Status(Database& database)> change) {
  std::lock_guard lock(writer_mutex_);
  return writer_.Transact([&] { return change(writer_); });
}

int64_t SqliteStorage::LeaseEnd(std::chrono::milliseconds duration) const {
  return options_.now_ms() + duration.count();
}

absl::StatusOr<Lease> SqliteStorage::Create(absl::string_view id, absl::string_view header,
                                            const Claim& claim) {
  Lease lease{.session = 0, .fence = 1};
  absl::Status status = Change([&](Database& database) {
    absl::Status inserted =
        database
            .Run(
                "INSERT INTO sessions (id, header, fence, holder, lease_end_ms) "
                "VALUES (?, ?, ?, ?, ?)",
                id, Blob{header}, lease.fence, absl::string_view(claim.holder),
                LeaseEnd(claim.duration))
            .status();
    if (inserted.ok()) lease.session = sqlite3_last_insert_rowid(database.handle());
    return inserted;
  });
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(absl::StrCat("there is a session '", id, "' already"));
  }
  if (!status.ok()) return status;
  return lease;
}

absl::StatusOr<std::vector<StoredSession>> SqliteStorage::List(absl::string_view after,
                                                               size_t most) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  std::vector<StoredSession> sessions;
  Query query(*reader, "SELECT id, header FROM sessions WHERE id > ? ORDER BY id LIMIT ?", after,
              static_cast<int64_t>(most));
  while (query.Next()) {
    sessions.push_back({std::string(query.Bytes(0)), std::string(query.Bytes(1))});
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

absl::Status SqliteStorage::Delete(const Lease& lease) {
  absl::Status status = Change([&](Database& database) {
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
    return done;
  });
  if (status.ok()) WakeKeeper();
  return status;
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
  return Change([&](Database& database) {
    return Allowed(database.Run(
        "UPDATE sessions SET lease_end_ms = 0, fence = fence + 1 WHERE key = ? AND fence = ?",
        lease.session, lease.fence));
  });
}

absl::Status SqliteStorage::Append(const Lease& lease, Position position,
                                   absl::string_view record) {
  // One statement is a transaction.
  std::lock_guard lock(writer_mutex_);
  absl::Status status = Allowed(
      writer_.Run("INSERT INTO journal (session, position, record) "
                  "SELECT key, ?, ? FROM sessions WHERE key = ? AND fence = ?",
                  static_cast<int64_t>(position), Blob{record}, lease.session, lease.fence));
  if (absl::IsAlreadyExists(status)) {
    return absl::AbortedError(absl::StrCat("there is a record at ", position, " already"));
  }
  return status;
}

absl::StatusOr<std::optional<StoredRecord>> SqliteStorage::Last(absl::string_view id) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  Query query(*reader,
              "SELECT position, record FROM sessions LEFT JOIN journal ON session = key "
              "WHERE id = ? ORDER BY position DESC LIMIT 1",
              id);
  if (!query.Next()) {
    return query.status().ok() ? absl::NotFoundError(absl::StrCat("there is no session '", id, "'"))
                               : query.status();
  }
  if (query.Integer(0) == 0) return std::nullopt;
  return StoredRecord{static_cast<Position>(query.Integer(0)), std::string(query.Bytes(1))};
}

absl::Status SqliteStorage::Read(
    const Lease& lease, Position after,
    absl::FunctionRef<absl::Status(Position position, absl::string_view record)> visit) {
  absl::Status status;
  for (bool more = true; more && status.ok();) {
    std::vector<std::string> records;
    more = false;
    {
      Reader reader(*this);
      status = reader.Open();
      if (!status.ok()) return status;
      size_t bytes = 0;
      Query query(*reader,
                  "SELECT position, record FROM journal WHERE session = ? AND position > ? "
                  "ORDER BY position",
                  lease.session, static_cast<int64_t>(after));
      while (!more && query.Next()) {
        const Position next = after + records.size() + 1;
        if (static_cast<Position>(query.Integer(0)) != next) {
          status = absl::DataLossError(absl::StrCat("the record at ", next, " is missing"));
          break;
        }
        records.emplace_back(query.Bytes(1));
        bytes += records.back().size();
        more = bytes >= kReadBytes;
      }
      status.Update(query.status());
    }
    for (const std::string& record : records) {
      absl::Status visited = visit(++after, record);
      if (!visited.ok()) return visited;
    }
  }
  return status;
}

absl::Status SqliteStorage::Trim(const Lease& lease, Position up_to) {
  absl::Status status = Change([&](Database& database) {
    absl::Status allowed = CheckFence(database, lease);
    if (!allowed.ok()) return allowed;
    return database
        .Run("INSERT INTO rubbish (session, up_to) VALUES (?, ?)", lease.session,
             static_cast<int64_t>(up_to))
        .status();
  });
  if (status.ok()) WakeKeeper();
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
              "SELECT position, bytes, number, data FROM snapshots "
              "LEFT JOIN chunks ON snapshot = key "
              "WHERE session = ? AND name = ? AND whole ORDER BY number",
              lease.session, name);
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
    // What could not be synced once may be lost, although a second try says nothing of it.
    if (sync_status_.ok()) sync_status_ = SyncWal();
    for (const auto& done : batch) done(sync_status_);
    lock.lock();
  }
}

absl::Status SqliteStorage::SyncWal() {
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(syncer_.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  const int result =
      wal->pMethods == nullptr ? SQLITE_IOERR_FSYNC : wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
  if (result == SQLITE_OK) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(folder_.path(), ": the disk could not be brought to keep what was written (",
                   sqlite3_errstr(result),
                   "); nothing survives a loss of power until the "
                   "server is started again"));
}

void SqliteStorage::WakeKeeper() {
  {
    std::lock_guard lock(keep_mutex_);
    ++wanted_;
  }
  keep_wake_.notify_one();
}

void SqliteStorage::Tidy() {
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
    RemoveRubbish();
    Checkpoint();
    lock.lock();
    done_ = round;
    kept_.notify_all();
  }
}

absl::StatusOr<bool> SqliteStorage::RemoveSome(const char* sql, int64_t of, int64_t up_to) {
  std::lock_guard lock(writer_mutex_);
  const auto changes = writer_.Run(sql, of, up_to);
  if (!changes.ok()) return changes.status();
  return *changes > 0;
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
      more = snapshot != 0 ? RemoveSome(
                                 "DELETE FROM chunks WHERE snapshot = ?1 AND number = "
                                 "(SELECT min(number) FROM chunks WHERE snapshot = ?1 AND "
                                 "number < ?2)",
                                 snapshot, kEverything)
                           : RemoveSome(
                                 "DELETE FROM journal WHERE session = ?1 AND position <= ?2 AND "
                                 "position < 256 + (SELECT min(position) FROM journal WHERE "
                                 "session = ?1)",
                                 session, up_to);
      std::lock_guard lock(keep_mutex_);
      if (keep_ends_) return;
    }
    if (more.ok())
      (void)Change([&](Database& database) {
        return database.Run("DELETE FROM rubbish WHERE key = ?", key).status();
      });
  }
}

void SqliteStorage::Checkpoint() {
  int pages = 0;
  const auto checkpoint = [&] {
    int moved = 0;
    sqlite3_wal_checkpoint_v2(keeper_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
  };
  // Most of it while others write; then what they have written meanwhile, so that the WAL
  // starts anew.
  checkpoint();
  if (pages < options_.checkpoint_pages) return;
  std::lock_guard lock(writer_mutex_);
  checkpoint();
}

}  // namespace spiked::storage
