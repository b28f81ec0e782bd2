#include "server/storage/rescue.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "server/storage/first_page.h"
#include "server/storage/schema.h"
#include "server/storage/sqlite_reader.h"
#include "spdlog/spdlog.h"

namespace spiked::storage {
namespace {

// All of what is small; of what is large the page where the next rows go, with those beside it,
// which are read when it is full. Tables and indices have pages of their own. A total never
// overflows, as a sum does.
constexpr const char* kShared[] = {
    "SELECT total(instr(header, x'ff')), total(last) FROM sessions NOT INDEXED",
    "SELECT count(id) FROM sessions WHERE id > ''",
    "SELECT total(key), total(position), total(bytes) FROM snapshots NOT INDEXED",
    "SELECT count(name) FROM snapshots WHERE whole AND session > 0",
    "SELECT total(key), total(up_to) FROM rubbish",
    "SELECT total(instr(epitaph, x'ff')) FROM gone NOT INDEXED",
    "SELECT count(id) FROM gone WHERE id > ''",
    "SELECT total(settled) FROM log",
    "SELECT total(seq) FROM sqlite_sequence",
    "SELECT position FROM journal ORDER BY session DESC, position DESC LIMIT 100",
    "SELECT position FROM refuge ORDER BY session DESC, position DESC LIMIT 100",
    "SELECT place FROM chunks ORDER BY place DESC LIMIT 100",
};

// How many keys are tried behind the last one that could be read, where it is not known how
// many there have been.
constexpr int64_t kBlindKeys = 100'000;

// All that the statement finds.
absl::Status Read(Database& database, const char* sql) {
  Query query(database, sql);
  while (query.Next()) {
  }
  return query.status();
}

class Copy {
 public:
  Copy(Database& from, Database& to) : from_(from), to_(to) {}

  absl::Status All() {
    absl::Status status = to_.Transact([&] { return Keys(); });
    if (status.ok()) status = to_.Transact([&] { return Sessions(); });
    for (const int64_t session : sessions_) {
      if (status.ok()) status = to_.Transact([&] { return Records(session); });
    }
    if (status.ok()) status = Snapshots();
    if (status.ok()) status = to_.Transact([&] { return Gone(); });
    return status;
  }

 private:
  // How many keys a table has ever given, if that can be told.
  int64_t MostKeys(absl::string_view table) {
    Query query(from_, "SELECT seq FROM sqlite_sequence WHERE name = ?", table);
    return query.Next() ? query.Integer(0) : 0;
  }

  // No key is given twice.
  absl::Status Keys() {
    for (const char* const table : {"sessions", "snapshots", "gone"}) {
      absl::Status status = to_.Run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                                    absl::string_view(table), MostKeys(table))
                                .status();
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Calls `take` for each row of a table that can be read, which `next` finds from a key on;
  // the key is its first column.
  absl::Status Each(absl::string_view table, const char* next,
                    absl::FunctionRef<absl::Status(Query& row)> take) {
    const int64_t known = MostKeys(table);
    int64_t seen = 0;
    for (int64_t key = 1; key <= std::max(known, seen + kBlindKeys); ++key) {
      Query query(from_, next, key);
      if (query.Next()) {
        key = seen = query.Integer(0);
        absl::Status taken = take(query);
        if (!taken.ok()) return taken;
      } else if (query.status().ok()) {
        break;
      } else if (!absl::IsDataLoss(query.status())) {
        return query.status();
      }
    }
    return absl::OkStatus();
  }

  absl::Status Sessions() {
    absl::Status status =
        Each("sessions",
             "SELECT key, id, header, fence, last FROM sessions NOT INDEXED WHERE key >= ? "
             "ORDER BY key LIMIT 1",
             [&](Query& row) {
               sessions_.push_back(row.Integer(0));
               ids_.emplace(row.Bytes(1));
               return to_
                   .Run(
                       "INSERT INTO sessions (key, id, header, fence, holder, lease_end_ms, last) "
                       "VALUES (?, ?, ?, ?, '', 0, nullif(?, -1))",
                       row.Integer(0), row.Bytes(1), Blob{row.Bytes(2)}, row.Integer(3),
                       row.IsNull(4) ? int64_t{-1} : row.Integer(4))
                   .status();
             });
    NameTheLost();
    return status;
  }

  // Up to the first that cannot be read; `last` says that there were more.
  absl::Status Records(int64_t session) {
    int64_t bytes = 0;
    absl::Status lost;
    for (const char* const read :
         {"SELECT position, record FROM journal WHERE session = ? ORDER BY position",
          "SELECT position, record FROM refuge WHERE session = ? ORDER BY position"}) {
      Query query(from_, read, session);
      while (query.Next()) {
        const auto put = to_.Run("INSERT OR IGNORE INTO journal VALUES (?, ?, ?)", session,
                                 query.Integer(0), Blob{query.Bytes(1)});
        if (!put.ok()) return put.status();
        if (*put > 0) bytes += static_cast<int64_t>(query.Bytes(1).size());
      }
      if (!query.status().ok() && !absl::IsDataLoss(query.status())) return query.status();
      lost.Update(query.status());
    }
    return to_
        .Run(
            "UPDATE sessions SET bytes = ?1, last = coalesce(last, ?2 + (SELECT "
            "coalesce(max(position), 0) FROM journal WHERE session = ?3)) WHERE key = ?3",
            bytes, int64_t{lost.ok() ? 0 : 1}, session)
        .status();
  }

  // Of some more the index has the ids.
  void NameTheLost() {
    for (const char* const read : {"SELECT id FROM sessions WHERE id > '' ORDER BY id",
                                   "SELECT id FROM sessions WHERE id > '' ORDER BY id DESC"}) {
      Query query(from_, read);
      while (query.Next()) {
        if (ids_.emplace(query.Bytes(0)).second) {
          spdlog::error("what was stored of sessions/{} is lost", std::string(query.Bytes(0)));
        }
      }
    }
  }

  absl::Status Snapshots() {
    return Each("snapshots",
                "SELECT key, session, position, bytes, whole, name FROM snapshots NOT INDEXED "
                "WHERE key >= ? ORDER BY key LIMIT 1",
                [&](Query& row) {
                  if (row.Integer(4) == 0) return absl::OkStatus();
                  return to_.Transact([&] { return Snapshot(row); });
                });
  }

  absl::Status Snapshot(Query& row) {
    const int64_t key = row.Integer(0), session = row.Integer(1), position = row.Integer(2);
    const auto chunks = Chunks(key, row.Integer(3));
    if (!chunks.ok()) return chunks.status();
    if (*chunks) {
      return to_
          .Run("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, 1)", key, session, row.Bytes(5),
               position, row.Integer(3))
          .status();
    }
    absl::Status status = to_.Run("DELETE FROM chunks WHERE place >= ? AND place < ?",
                                  PlaceOfChunk(key, 0), PlaceOfChunk(key + 1, 0))
                              .status();
    if (!status.ok()) return status;
    // Whoever reads the journal, from its beginning now, misses what the snapshot had.
    return to_.Run("UPDATE sessions SET last = max(last, ?, 1) WHERE key = ?", position, session)
        .status();
  }

  // Whether there are all, which are so many bytes.
  absl::StatusOr<bool> Chunks(int64_t snapshot, int64_t bytes) {
    Query query(from_,
                "SELECT place, data FROM chunks WHERE place >= ? AND place < ? ORDER BY place",
                PlaceOfChunk(snapshot, 0), PlaceOfChunk(snapshot + 1, 0));
    for (int64_t number = 0; query.Next(); ++number) {
      if (query.Integer(0) != PlaceOfChunk(snapshot, number)) return false;
      bytes -= static_cast<int64_t>(query.Bytes(1).size());
      const auto put =
          to_.Run("INSERT INTO chunks VALUES (?, ?)", query.Integer(0), Blob{query.Bytes(1)});
      if (!put.ok()) return put.status();
    }
    if (!query.status().ok() && !absl::IsDataLoss(query.status())) return query.status();
    return query.status().ok() && bytes == 0;
  }

  absl::Status Gone() {
    return Each("gone",
                "SELECT key, id, time_ms, epitaph FROM gone NOT INDEXED WHERE key >= ? "
                "ORDER BY key LIMIT 1",
                [&](Query& row) {
                  return to_
                      .Run("INSERT INTO gone VALUES (?, ?, ?, ?)", row.Integer(0), row.Bytes(1),
                           row.Integer(2), Blob{row.Bytes(3)})
                      .status();
                });
  }

  Database &from_, &to_;
  std::vector<int64_t> sessions_;
  std::set<std::string, std::less<>> ids_;
};

// What the log's files have of generations is the newest there is.
absl::Status Settled(Database& from, Database& to, Log& log) {
  int64_t settled = 0, form = 3;
  Query query(from, "SELECT settled, form FROM log");
  if (query.Next()) {
    settled = query.Integer(0);
    form = query.Integer(1);
  } else {
    bool with_older = false;
    const auto newest = log.Newest(&with_older);
    if (!newest.ok()) return newest.status();
    // To move once more what has been moved changes nothing. Where there is none, the next
    // one has a number that none has had.
    settled = *newest > 0 ? *newest - (with_older ? 2 : 1)
                          : std::chrono::system_clock::now().time_since_epoch() /
                                std::chrono::milliseconds(1);
  }
  return to.Run("UPDATE log SET settled = ?, form = ?", settled, form).status();
}

// What is in the WAL belongs to this database, and must not be taken for the next one's.
// DATA_LOSS if the first page is damaged.
absl::Status TakeUpWal(const std::string& path, const std::string& vfs) {
  auto database = Database::Open(path, vfs);
  if (!database.ok()) return database.status();
  return Read(*database, "PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace

absl::Status CheckShared(Database& database) {
  for (const char* const sql : kShared) {
    if (absl::Status status = Read(database, sql); !status.ok()) return status;
  }
  // Takes pages that are free, if there are any, and gives them back.
  const absl::Status tried = database.Transact([&] {
    absl::Status status = database.Run("INSERT INTO chunks VALUES (0, zeroblob(100000))").status();
    return status.ok() ? absl::CancelledError() : status;
  });
  return absl::IsDataLoss(tried) ? tried : absl::OkStatus();
}

absl::Status Rescue(const Folder& folder, const std::string& vfs, Log& log) {
  const std::string path = folder.File("spiked.db"), fresh = path + ".new",
                    damaged = path + ".damaged";
  Database::Remove(fresh);
  absl::Status status = TakeUpWal(path, vfs);
  if (absl::IsDataLoss(status)) {
    status = MendFirstPage(folder, vfs);
    if (status.ok()) status = TakeUpWal(path, vfs);
  }
  if (!status.ok()) return status;
  {
    auto from = Database::Open(path, vfs);
    if (!from.ok()) return from.status();
    auto to = Database::Open(fresh, vfs);
    if (!to.ok()) return to.status();
    status = MakeTables(*to);
    if (status.ok()) status = to->Script("PRAGMA synchronous = OFF");
    if (status.ok()) status = Copy(*from, *to).All();
    if (status.ok()) status = Settled(*from, *to, log);
    // All of it is synced at once.
    if (status.ok()) status = to->Script("PRAGMA synchronous = FULL");
    if (status.ok()) status = Read(*to, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (!status.ok()) return status;
  }
  ForgetTables(folder);
  unlink(damaged.c_str());
  if (link(path.c_str(), damaged.c_str()) != 0) return FileError(damaged);
  if (rename(fresh.c_str(), path.c_str()) != 0) return FileError(fresh);
  const int directory = open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool safe = directory >= 0 && fsync(directory) == 0;
  if (directory >= 0) close(directory);
  if (!safe) return FileError(folder.path());
  spdlog::error(
      "{} was damaged where all sessions depend on it; it was made anew of what could be read, and "
      "{} is what it was. Sessions that lack something say so",
      path, damaged);
  return absl::OkStatus();
}

}  // namespace spiked::storage
