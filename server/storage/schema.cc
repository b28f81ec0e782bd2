#include "server/storage/schema.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace spiked::storage {
namespace {

constexpr int64_t kApplicationId = 0x73706b64;  // `spkd`

constexpr const char* kMigrations[] = {
    R"(
CREATE TABLE sessions (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  header BLOB NOT NULL,
  fence INTEGER NOT NULL,
  holder TEXT NOT NULL,
  lease_end_ms INTEGER NOT NULL
);
CREATE TABLE journal (
  session INTEGER NOT NULL,
  position INTEGER NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (session, position)
) WITHOUT ROWID;
CREATE TABLE snapshots (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  session INTEGER NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  whole INTEGER NOT NULL
);
CREATE UNIQUE INDEX whole_snapshots ON snapshots (session, name) WHERE whole;
CREATE TABLE chunks (
  snapshot INTEGER NOT NULL,
  number INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (snapshot, number)
) WITHOUT ROWID;
CREATE TABLE rubbish (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  session INTEGER,
  up_to INTEGER,
  snapshot INTEGER
);
)",
    // What a session's journal takes is told without reading it, and so is whether it has
    // one; of older sessions it is found out when the store is opened.
    R"(
ALTER TABLE sessions ADD COLUMN last INTEGER;
ALTER TABLE sessions ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
CREATE TABLE refuge (
  session INTEGER NOT NULL,
  position INTEGER NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (session, position)
) WITHOUT ROWID;
CREATE TABLE log (settled INTEGER NOT NULL);
INSERT INTO log VALUES (0);
)",
    // Whoever looks for a row of a table without row ids reads others whole, on all their pages.
    R"(
CREATE TABLE pieces (place INTEGER PRIMARY KEY, data BLOB NOT NULL);
INSERT INTO pieces SELECT snapshot * 1048576 + number, data FROM chunks;
DROP TABLE chunks;
ALTER TABLE pieces RENAME TO chunks;
ALTER TABLE log ADD COLUMN form INTEGER NOT NULL DEFAULT 2;
CREATE TABLE gone (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  time_ms INTEGER NOT NULL,
  epitaph BLOB NOT NULL
);
)",
};

absl::StatusOr<int64_t> Number(Database& database, const char* sql) {
  Query query(database, sql);
  if (!query.Next()) {
    return query.status().ok() ? absl::InternalError(sql) : query.status();
  }
  return query.Integer(0);
}

}  // namespace

absl::Span<const char* const> Migrations() { return kMigrations; }

absl::Status Migrate(Database& database, absl::Span<const char* const> migrations) {
  const auto application = Number(database, "PRAGMA application_id");
  if (!application.ok()) return application.status();
  const auto version = Number(database, "PRAGMA user_version");
  if (!version.ok()) return version.status();
  const auto tables = Number(database, "SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();

  if (*tables > 0 && *application != kApplicationId) {
    return absl::FailedPreconditionError("the database is another program's");
  }
  const auto newest = static_cast<int64_t>(migrations.size());
  if (*version > newest) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the database has version ", *version, ", of a newer server; this one knows ", newest));
  }
  for (int64_t next = *version; next < newest; ++next) {
    const absl::Status status = database.Transact([&] {
      absl::Status made = database.Script(migrations[static_cast<size_t>(next)]);
      made.Update(database.Script(absl::StrCat("PRAGMA application_id = ", kApplicationId,
                                               "; PRAGMA user_version = ", next + 1)
                                      .c_str()));
      return made;
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace spiked::storage
