// Records of SqliteStorage: first in the log, then in the database.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "server/storage/sqlite_reader.h"
#include "server/storage/sqlite_storage.h"
#include "spdlog/spdlog.h"

namespace spiked::storage {
namespace {

// Larger ones go to the database at once.
constexpr size_t kLogRecordBytes = 64 << 10;
// What is read of a journal before it is visited, so that no reader holds on to the
// database for long.
constexpr size_t kReadBytes = 1 << 20;

// Where records are, and where they go if a page is damaged there.
struct Table {
  const char *insert, *read, *last;
};
constexpr Table kJournal = {
    "INSERT OR IGNORE INTO journal (session, position, record) VALUES (?, ?, ?)",
    "SELECT position, record FROM journal WHERE session = ? AND position > ? ORDER BY position",
    "SELECT position, record FROM journal WHERE session = ? ORDER BY position DESC LIMIT 1"};
constexpr Table kRefuge = {
    "INSERT OR IGNORE INTO refuge (session, position, record) VALUES (?, ?, ?)",
    "SELECT position, record FROM refuge WHERE session = ? AND position > ? ORDER BY position",
    "SELECT position, record FROM refuge WHERE session = ? ORDER BY position DESC LIMIT 1"};

// Those that are there already stay as they are; nothing is put where the session has gone.
absl::Status Put(Database& database, const Table& table, int64_t session,
                 const std::vector<StoredRecord>& records) {
  {
    Query query(database, "SELECT 1 FROM sessions WHERE key = ?", session);
    if (!query.Next()) return query.status();
  }
  int64_t bytes = 0;
  for (const StoredRecord& record : records) {
    const auto inserted = database.Run(table.insert, session, static_cast<int64_t>(record.position),
                                       Blob{record.record});
    if (!inserted.ok()) return inserted.status();
    if (*inserted > 0) bytes += static_cast<int64_t>(record.record.size());
  }
  return database
      .Run("UPDATE sessions SET last = max(coalesce(last, 0), ?), bytes = bytes + ? WHERE key = ?",
           static_cast<int64_t>(records.back().position), bytes, session)
      .status();
}

absl::Status Missing(Position position) {
  return absl::DataLossError(absl::StrCat("the record at ", position, " is missing"));
}

// Drops what does not follow what the database has of the session, or what comes before it.
absl::Status DropWhatDoesNotFollow(Database& database, int64_t session,
                                   std::vector<StoredRecord>& records) {
  Query query(database,
              "SELECT last, (SELECT max(position) FROM snapshots WHERE session = ?1 AND whole) "
              "FROM sessions WHERE key = ?1",
              session);
  if (!query.Next()) {
    records.clear();
    return query.status();
  }
  if (query.IsNull(0)) return absl::OkStatus();
  auto last = static_cast<Position>(std::max(query.Integer(0), query.Integer(1)));
  const auto stray = std::ranges::find_if(records, [&last](const StoredRecord& record) {
    if (record.position > last + 1) return true;
    last = std::max(last, record.position);
    return false;
  });
  records.erase(stray, records.end());
  return absl::OkStatus();
}

// There has been a record at that position, which is lost.
absl::Status PutLost(Database& database, int64_t session, Position position) {
  return database
      .Run("UPDATE sessions SET last = max(coalesce(last, 0), ?) WHERE key = ?",
           static_cast<int64_t>(position), session)
      .status();
}

}  // namespace

absl::Status SqliteStorage::Replay() {
  int64_t settled = 0;
  bool old = false;
  {
    Query query(writer_, "SELECT settled, EXISTS (SELECT 1 FROM refuge), form FROM log");
    if (!query.Next()) {
      return query.status().ok() ? absl::DataLossError("the table of the log is empty")
                                 : query.status();
    }
    settled = query.Integer(0);
    in_refuge_ = query.Integer(1) != 0;
    old = query.Integer(2) == 2;
  }
  Records records;
  absl::btree_map<int64_t, Position> lost;
  const auto take = [&](const Log::Entry& entry) {
    const auto position = static_cast<Position>(entry.position);
    if (entry.whole) {
      records[entry.session].push_back({position, std::string(entry.record)});
    } else {
      lost[entry.session] = position;
    }
  };
  bool ended = true, holes = false;
  for (int64_t generation = settled + 1; generation <= settled + 2; ++generation) {
    bool any = false;
    const auto take_next = [&](const Log::Entry& entry) {
      any = true;
      take(entry);
    };
    const auto found =
        old ? log_->ReadVersion2(generation, take_next) : log_->Read(generation, take_next);
    if (!found.ok()) return found.status();
    // What follows has once followed an end.
    holes |= found->holes || (any && !ended);
    ended = found->ended;
  }
  // Where power was lost, what was written last may be missing, but nothing must be there that
  // came after. Otherwise all that was written is there, or is damaged: then those who read it
  // shall see that something is missing.
  const bool damaged = holes && folder_.same_boot();
  if (holes) {
    spdlog::error("{}: some of what was written last cannot be read; {}",
                  folder_.File("spiked.log"),
                  damaged ? "sessions that lack something will say so"
                          : "as the machine was started anew, sessions go on from before that");
  }
  for (auto next = records.begin(); next != records.end();) {
    if (!damaged) {
      const absl::Status dropped = DropWhatDoesNotFollow(writer_, next->first, next->second);
      if (absl::IsDataLoss(dropped)) next->second.clear();
      if (!dropped.ok() && !absl::IsDataLoss(dropped)) return dropped;
    }
    next = next->second.empty() ? records.erase(next) : std::next(next);
  }
  // In their files nothing of them is taken for something newer; nor is what they have next
  // to it for its predecessor, by those who do not know what is settled.
  generation_ = settled + 4;
  log_->Begin(generation_);
  if (absl::Status moved = Move(records, generation_ - 1); !moved.ok()) return moved;
  if (damaged) {
    for (const auto& [session, position] : lost) {
      const absl::Status told =
          writer_.Transact([&] { return PutLost(writer_, session, position); });
      if (!told.ok() && !absl::IsDataLoss(told)) return told;
    }
  }
  // Before their files are written anew.
  (void)SyncWal();
  folder_.Fits();
  return absl::OkStatus();
}

absl::Status SqliteStorage::Move(const Records& records, std::optional<int64_t> generation) {
  const auto mark = [&] {
    return generation ? writer_.Run("UPDATE log SET settled = ?, form = 3", *generation).status()
                      : absl::OkStatus();
  };
  absl::Status status = writer_.Transact([&] {
    for (const auto& [session, of_session] : records) {
      absl::Status put = Put(writer_, kJournal, session, of_session);
      if (!put.ok()) return put;
    }
    return mark();
  });
  wal_unsynced_ = true;
  if (!absl::IsDataLoss(status)) return status;
  // A page is damaged where some of them belong: then only these go elsewhere.
  for (const auto& [session, of_session] : records) {
    for (const Table* table : {&kJournal, &kRefuge}) {
      if (table == &kRefuge) in_refuge_ = true;
      status = writer_.Transact([&] { return Put(writer_, *table, session, of_session); });
      if (!absl::IsDataLoss(status)) break;
    }
    if (absl::IsDataLoss(status)) {
      {
        std::lock_guard lock(log_mutex_);
        const auto written = written_.find(session);
        if (written != written_.end()) written->second.lost = status;
      }
      // Those of a generation have been acknowledged.
      if (!generation) continue;
      const Position last = of_session.back().position;
      status = writer_.Transact([&] { return PutLost(writer_, session, last); });
      if (!status.ok() && !absl::IsDataLoss(status)) return status;
    } else if (!status.ok()) {
      return status;
    }
  }
  return mark();
}

absl::Status SqliteStorage::SettleEnded() {
  int64_t generation = 0;
  {
    std::lock_guard lock(log_mutex_);
    if (!ended_) return absl::OkStatus();
    generation = generation_ - 1;
  }
  {
    // Nobody else changes `settling_` without this.
    std::lock_guard lock(writer_mutex_);
    if (absl::Status status = Move(settling_, generation); !status.ok()) return status;
  }
  // Its file is written anew when the database is sure to have it; if the disk cannot
  // keep that, no file is written any more.
  (void)SyncWal();
  std::lock_guard lock(writer_mutex_);
  std::lock_guard log_lock(log_mutex_);
  settling_.clear();
  ended_ = false;
  return absl::OkStatus();
}

absl::Status SqliteStorage::Settle(bool all) {
  std::lock_guard settle_lock(settle_mutex_);
  absl::Status status = SettleEnded();
  if (!status.ok() || !all) return status;
  {
    std::lock_guard lock(writer_mutex_);
    std::lock_guard log_lock(log_mutex_);
    if (filling_.empty()) return absl::OkStatus();
    status = EndGeneration();
  }
  return status.ok() ? SettleEnded() : status;
}

absl::Status SqliteStorage::EndGeneration() {
  if (absl::Status status = log_->End(); !status.ok()) return status;
  settling_.swap(filling_);
  ++generation_;
  ended_ = true;
  return absl::OkStatus();
}

absl::Status SqliteStorage::Append(const Lease& lease, Position position,
                                   absl::string_view record) {
  if (record.size() > kLogRecordBytes) return AppendStored(lease, position, record);
  for (;;) {
    {
      std::lock_guard lock(log_mutex_);
      if (sync_failed_) break;
      const auto written = MayWrite(lease, position);
      if (!written.ok()) return written.status();
      if (log_->bytes() >= options_.log_bytes && !ended_) {
        if (absl::Status status = EndGeneration(); !status.ok()) return status;
        WakeKeeper();
      }
      if (log_->bytes() < options_.log_bytes) {
        absl::Status status = log_->Write({lease.session, static_cast<int64_t>(position), record});
        if (!status.ok()) return status;
        filling_[lease.session].push_back({position, std::string(record)});
        (*written)->last = position;
        return status;
      }
    }
    // The keeper has not done that yet, or could not.
    if (absl::Status status = Settle(/*all=*/false); !status.ok()) return status;
  }
  return AppendStored(lease, position, record);
}

absl::Status SqliteStorage::AppendStored(const Lease& lease, Position position,
                                         absl::string_view record) {
  // What came before goes first.
  if (absl::Status status = Settle(/*all=*/true); !status.ok()) return status;
  std::lock_guard lock(writer_mutex_);
  {
    std::lock_guard log_lock(log_mutex_);
    const auto written = MayWrite(lease, position);
    if (!written.ok()) return written.status();
  }
  Records records;
  records[lease.session].push_back({position, std::string(record)});
  if (absl::Status status = Move(records, std::nullopt); !status.ok()) return status;
  std::lock_guard log_lock(log_mutex_);
  Written& written = written_[lease.session];
  if (written.lost.ok()) written.last = position;
  return written.lost;
}

absl::StatusOr<SqliteStorage::Written*> SqliteStorage::MayWrite(const Lease& lease,
                                                                Position position) {
  auto found = written_.find(lease.session);
  if (found == written_.end()) {
    Reader reader(*this);
    if (absl::Status status = reader.Open(); !status.ok()) return status;
    Written written;
    Query query(*reader, "SELECT fence, last FROM sessions WHERE key = ?", lease.session);
    if (!query.Next()) return query.status().ok() ? LeaseLost() : query.status();
    written.fence = query.Integer(0);
    written.last = static_cast<Position>(query.Integer(1));
    if (query.IsNull(1)) {
      Query last(*reader, kJournal.last, lease.session);
      if (last.Next()) written.last = static_cast<Position>(last.Integer(0));
      if (!last.status().ok()) return last.status();
    }
    for (const Records* records : {&settling_, &filling_}) {
      const auto recent = records->find(lease.session);
      if (recent != records->end()) written.last = recent->second.back().position;
    }
    found = written_.emplace(lease.session, std::move(written)).first;
  }
  Written& written = found->second;
  if (written.fence != lease.fence) return LeaseLost();
  if (!written.lost.ok()) return written.lost;
  if (position <= written.last) {
    return absl::AbortedError(absl::StrCat("there is a record at ", position, " already"));
  }
  return &written;
}

void SqliteStorage::ForgetWritten(int64_t session) {
  std::lock_guard lock(log_mutex_);
  written_.erase(session);
}

absl::StatusOr<std::optional<StoredRecord>> SqliteStorage::Last(absl::string_view id) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  int64_t session = 0;
  bool none = false;
  {
    Query query(*reader, "SELECT key, last FROM sessions WHERE id = ?", id);
    if (!query.Next()) {
      return query.status().ok()
                 ? absl::NotFoundError(absl::StrCat("there is no session '", id, "'"))
                 : query.status();
    }
    session = query.Integer(0);
    none = !query.IsNull(1) && query.Integer(1) == 0;
  }
  if (auto recent = Recent(session, 0); !recent.empty()) return std::move(recent.back());
  if (none) return std::nullopt;
  absl::Status status;
  for (const Table* table : {&kRefuge, &kJournal}) {
    if (table == &kRefuge && !in_refuge_) continue;
    Query query(*reader, table->last, session);
    if (query.Next()) {
      return StoredRecord{static_cast<Position>(query.Integer(0)), std::string(query.Bytes(1))};
    }
    status.Update(query.status());
  }
  if (!status.ok()) return status;
  return std::nullopt;
}

std::vector<StoredRecord> SqliteStorage::Recent(int64_t session, Position after) {
  std::vector<StoredRecord> recent;
  std::lock_guard lock(log_mutex_);
  for (const Records* records : {&settling_, &filling_}) {
    const auto found = records->find(session);
    if (found == records->end()) continue;
    for (const StoredRecord& record : found->second) {
      if (record.position > after) recent.push_back(record);
    }
  }
  return recent;
}

absl::Status SqliteStorage::ReadStored(int64_t session, Position after,
                                       std::vector<std::string>& records) {
  Reader reader(*this);
  if (absl::Status status = reader.Open(); !status.ok()) return status;
  Position last = 0;  // that is known of
  {
    Query query(*reader, "SELECT last FROM sessions WHERE key = ?", session);
    if (query.Next()) {
      last = static_cast<Position>(query.Integer(0));
      // Where there is nothing, no page can be damaged.
      if (!query.IsNull(0) && last <= after) return absl::OkStatus();
    }
  }
  size_t bytes = 0;
  absl::Status status;
  for (const Table* table : {&kJournal, &kRefuge}) {
    if (table == &kRefuge && !in_refuge_) break;
    Query query(*reader, table->read, session, static_cast<int64_t>(after + records.size()));
    while (bytes < kReadBytes && query.Next()) {
      const Position next = after + records.size() + 1;
      if (static_cast<Position>(query.Integer(0)) != next) {
        status.Update(Missing(next));
        break;
      }
      // Whatever was the matter before it did not concern it.
      status = absl::OkStatus();
      records.emplace_back(query.Bytes(1));
      bytes += records.back().size();
    }
    status.Update(query.status());
    if (bytes >= kReadBytes) break;
  }
  if (records.empty() && last > after) status.Update(Missing(after + 1));
  return status;
}

absl::Status SqliteStorage::Read(
    const Lease& lease, Position after,
    absl::FunctionRef<absl::Status(Position position, absl::string_view record)> visit) {
  for (;;) {
    // First, as it may go to the database meanwhile.
    std::vector<StoredRecord> recent = Recent(lease.session, after);
    std::vector<std::string> records;
    absl::Status status = ReadStored(lease.session, after, records);
    if (records.empty() && (status.ok() || absl::IsDataLoss(status))) {
      for (StoredRecord& record : recent) {
        const Position next = after + records.size() + 1;
        if (record.position < next) continue;
        if (record.position > next) {
          status.Update(Missing(next));
          break;
        }
        status = absl::OkStatus();
        records.push_back(std::move(record.record));
      }
    }
    if (records.empty()) return status;
    for (const std::string& record : records) {
      absl::Status visited = visit(++after, record);
      if (!visited.ok()) return visited;
    }
  }
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
  if (!status.ok()) return status;
  {
    // They need not go to the database any more.
    std::lock_guard lock(log_mutex_);
    if (const auto found = filling_.find(lease.session); found != filling_.end()) {
      std::erase_if(found->second, [&](const auto& record) { return record.position <= up_to; });
      if (found->second.empty()) filling_.erase(found);
    }
  }
  WakeKeeper();
  return status;
}

}  // namespace spiked::storage
