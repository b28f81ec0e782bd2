#include "server/storage/database.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace spiked::storage {
namespace {

// Others hold a lock for as long as they recover or copy the database.
constexpr int kBusyTimeoutMs = 10'000;

// The kinds of error that storage.h has.
absl::StatusCode CodeOf(int result) {
  if (result == SQLITE_IOERR_DATA || result == SQLITE_IOERR_CORRUPTFS) {
    return absl::StatusCode::kDataLoss;
  }
  switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_READONLY:
      return result == SQLITE_READONLY_DBMOVED ? absl::StatusCode::kUnavailable
                                               : absl::StatusCode::kPermissionDenied;
    case SQLITE_CONSTRAINT:
      return absl::StatusCode::kAlreadyExists;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

absl::Status SqliteError(int result, absl::string_view message) {
  return {CodeOf(result), message};
}

absl::StatusOr<Database> Database::Open(const std::string& path, const std::string& vfs) {
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      vfs.empty() ? nullptr : vfs.c_str());
  Database database(path, db);
  if (result != SQLITE_OK) return database.Error(result);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  return database;
}

void Database::Remove(const std::string& path) {
  for (const char* const end : {"", "-wal", "-shm"}) unlink(absl::StrCat(path, end).c_str());
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

absl::Status Database::Error(int result) const {
  const char* what = result == SQLITE_IOERR_DATA ? "a page is damaged"
                     : db_ == nullptr            ? sqlite3_errstr(result)
                                                 : sqlite3_errmsg(db_);
  return SqliteError(result, absl::StrCat(path_, ": ", what, " (SQLite's error ", result, ")"));
}

absl::StatusOr<sqlite3_stmt*> Database::Prepare(const char* sql) {
  const auto found = statements_.find(absl::string_view(sql));
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return Error(result);
  statements_.emplace(sql, statement);
  return statement;
}

absl::Status Database::Script(const char* sql) {
  const int result = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Error(result);
}

absl::Status Database::Transact(absl::FunctionRef<absl::Status()> change) {
  absl::Status status = Run("BEGIN IMMEDIATE").status();
  if (!status.ok()) return status;
  status = change();
  if (status.ok()) status = Run("COMMIT").status();
  // Some errors have rolled it back already.
  if (!status.ok() && sqlite3_get_autocommit(db_) == 0) (void)Run("ROLLBACK");
  return status;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::Next() {
  if (!status_.ok()) return false;
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) status_ = database_.Error(result);
  return false;
}

absl::string_view Query::Bytes(int column) const {
  // In this order, as SQLite asks for.
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int count = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(bytes), static_cast<size_t>(count)};
}

// What is bound outlives the query, or at least its steps.
void Query::Bind(int place, absl::string_view text) {
  sqlite3_bind_text64(statement_, place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Query::Bind(int place, Blob blob) {
  // No bytes are not NULL.
  const char* bytes = blob.bytes.empty() ? "" : blob.bytes.data();
  sqlite3_bind_blob64(statement_, place, bytes, blob.bytes.size(), SQLITE_STATIC);
}

}  // namespace spiked::storage
