// SQLite as the rest of this folder uses it: connections, and statements with what they
// are given and what they find.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::storage {

// Bytes as SQL has them, where a string would be text.
struct Blob {
  absl::string_view bytes;
};

// The error that a result of SQLite's is, with that message.
absl::Status SqliteError(int result, absl::string_view message);

// A connection. Used by one thread at a time. Errors are those of storage.h.
class Database {
 public:
  static absl::StatusOr<Database> Open(const std::string& path, const std::string& vfs);
  // Removes one that nobody has open, if it is there, with what belongs to it.
  static void Remove(const std::string& path);
  Database(Database&& other) noexcept
      : path_(std::move(other.path_)),
        db_(std::exchange(other.db_, nullptr)),
        statements_(std::move(other.statements_)) {}
  Database& operator=(Database&&) = delete;
  ~Database();

  sqlite3* handle() const { return db_; }

  // Runs a statement that finds nothing. How many rows it has changed.
  template <typename... Args>
  absl::StatusOr<int> Run(const char* sql, Args... args);
  // Runs statements without arguments.
  absl::Status Script(const char* sql);
  // All that `change` does, or nothing if it returns an error.
  absl::Status Transact(absl::FunctionRef<absl::Status()> change);

  // What that result of a call means.
  absl::Status Error(int result) const;

 private:
  friend class Query;
  Database(std::string path, sqlite3* db) : path_(std::move(path)), db_(db) {}
  // The statement, compiled once.
  absl::StatusOr<sqlite3_stmt*> Prepare(const char* sql);

  std::string path_;
  sqlite3* db_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

// The rows that a statement finds. A connection has at most one of the same statement at
// a time.
class Query {
 public:
  template <typename... Args>
  Query(Database& database, const char* sql, Args... args) : database_(database) {
    auto statement = database.Prepare(sql);
    if (!statement.ok()) {
      status_ = statement.status();
      return;
    }
    statement_ = *statement;
    int place = 0;
    (Bind(++place, args), ...);
  }
  Query(const Query&) = delete;
  ~Query();

  // Goes to the next row, at first to the first. False after the last, and after an error.
  bool Next();
  const absl::Status& status() const { return status_; }

  // A column of this row, from 0. What it holds of bytes ends with the row.
  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  int64_t Integer(int column) const { return sqlite3_column_int64(statement_, column); }
  absl::string_view Bytes(int column) const;

 private:
  void Bind(int place, int64_t value) { sqlite3_bind_int64(statement_, place, value); }
  void Bind(int place, absl::string_view text);
  void Bind(int place, Blob blob);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  absl::Status status_;
};

template <typename... Args>
absl::StatusOr<int> Database::Run(const char* sql, Args... args) {
  Query query(*this, sql, args...);
  query.Next();
  if (!query.status().ok()) return query.status();
  return sqlite3_changes(db_);
}

}  // namespace spiked::storage
