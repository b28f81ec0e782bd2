#include "tests/storage/fixtures.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spiked::testing {

using storage::Lease;
using storage::Position;
using storage::Storage;

std::unique_ptr<storage::SqliteStorage> MustOpen(storage::SqliteOptions options) {
  auto opened = storage::SqliteStorage::Open(std::move(options));
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    std::abort();
  }
  return *std::move(opened);
}

absl::Status Append(Storage& storage, const Lease& lease, Position position,
                    absl::string_view record, Durability durability) {
  absl::Status status = storage.Append(lease, position, record);
  if (status.ok() && durability == Durability::kPower) status = storage.Sync();
  return status;
}

Journal ReadJournal(Storage& storage, const Lease& lease, Position after) {
  Journal journal;
  journal.status = storage.Read(lease, after, [&](Position /*position*/, absl::string_view record) {
    journal.records.emplace_back(record);
    return absl::OkStatus();
  });
  return journal;
}

absl::Status PutSnapshot(Storage& storage, const Lease& lease, absl::string_view name,
                         Position position, absl::string_view bytes) {
  auto writer = storage.PutSnapshot(lease, name, position);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = (*writer)->Write(bytes); !status.ok()) return status;
  return (*writer)->Finish();
}

absl::StatusOr<std::string> GetSnapshot(Storage& storage, const Lease& lease,
                                        absl::string_view name) {
  std::string bytes;
  const auto snapshot = storage.GetSnapshot(lease, name, [&](absl::string_view piece) {
    absl::StrAppend(&bytes, piece);
    return absl::OkStatus();
  });
  if (!snapshot.ok()) return snapshot.status();
  return bytes;
}

}  // namespace spiked::testing
