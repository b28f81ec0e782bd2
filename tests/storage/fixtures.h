// Storage as tests use it: opened in a folder, written and read at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/storage/sqlite_storage.h"

namespace spiked::testing {

// Of a server that never gives up.
inline const storage::Claim kClaim{.holder = "me", .duration = std::chrono::hours(1)};

// Aborts the test program if that fails.
std::unique_ptr<storage::SqliteStorage> MustOpen(storage::SqliteOptions options);

// What a record is to survive when it has been acknowledged.
enum class Durability { kProcess, kPower };

// Returns when the record is as durable as it should be.
absl::Status Append(storage::Storage& storage, const storage::Lease& lease,
                    storage::Position position, absl::string_view record,
                    Durability durability = Durability::kProcess);

// All records that can be read after that position, and what came after them.
struct Journal {
  std::vector<std::string> records;
  absl::Status status;
};
Journal ReadJournal(storage::Storage& storage, const storage::Lease& lease,
                    storage::Position after = 0);

absl::Status PutSnapshot(storage::Storage& storage, const storage::Lease& lease,
                         absl::string_view name, storage::Position position,
                         absl::string_view bytes);
absl::StatusOr<std::string> GetSnapshot(storage::Storage& storage, const storage::Lease& lease,
                                        absl::string_view name);

}  // namespace spiked::testing
