// What the parts of SqliteStorage share.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/database.h"
#include "server/storage/sqlite_storage.h"

namespace spiked::storage {

absl::StatusOr<Database> Connect(const std::string& path, const std::string& vfs);

// Gives a new database the form that all have, or brings an older one up to it.
absl::Status MakeTables(Database& database);

// Where that chunk of a snapshot is, from 0.
constexpr int64_t PlaceOfChunk(int64_t snapshot, int64_t number) {
  return (snapshot << 20) + number;
}

absl::Status LeaseLost();

// ABORTED if the lease is not the session's last one.
absl::Status CheckFence(Database& database, const Lease& lease);

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

}  // namespace spiked::storage
