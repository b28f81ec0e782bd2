// Storage on files that fail: at every operation, and with a loss of power at each.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite_storage.h"
#include "tests/storage/fault_vfs.h"
#include "tests/storage/fixtures.h"
#include "tests/support/temp_dir.h"

namespace spiked::storage {
namespace {

using testing::Append;
using testing::Durability;
using testing::FaultVfs;
using testing::GetSnapshot;
using testing::kClaim;
using testing::PutSnapshot;
using testing::ReadJournal;
using testing::TempDir;

// What a session has been told, and what it has tried.
struct Expected {
  Lease lease = {};
  Durability durability = Durability::kProcess;
  Position appended = 0, acknowledged = 0;  // tried up to; told so
  Position snapshot = 0;                    // of the last one that was acknowledged
  Position trimmed = 0;
  bool created = false;
};

std::string RecordAt(absl::string_view id, Position position) {
  // Some longer than a page.
  return absl::StrCat(id, ":", position, ":", std::string(position % 7 * 1500, 'r'));
}
std::string SnapshotAt(absl::string_view id, Position position) {
  return absl::StrCat(id, ":", position, ":", std::string(300'000, 's'));
}

// Writes some of all there is, and goes on after errors as a server would: with the next
// command.
void Exercise(Storage& storage, std::map<std::string, Expected>& sessions) {
  for (auto& [id, session] : sessions) {
    const auto lease = storage.Create(id, id, kClaim);
    session.created = lease.ok();
    if (lease.ok()) session.lease = *lease;
  }
  for (int round = 0; round < 6; ++round) {
    for (auto& [id, session] : sessions) {
      if (!session.created) continue;
      for (int k = 0; k < 3; ++k) {
        // A server does not write after a record that may be missing.
        if (session.acknowledged < session.appended) break;
        const Position position = ++session.appended;
        const absl::Status status =
            Append(storage, session.lease, position, RecordAt(id, position), session.durability);
        if (status.ok()) session.acknowledged = position;
      }
      if (round % 2 == 1 && session.acknowledged == session.appended &&
          PutSnapshot(storage, session.lease, "s", session.acknowledged,
                      SnapshotAt(id, session.acknowledged))
              .ok()) {
        session.snapshot = session.acknowledged;
        if (storage.Trim(session.lease, session.snapshot).ok()) session.trimmed = session.snapshot;
      }
    }
  }
}

std::map<std::string, Expected> Sessions() {
  return {{"kept", {.durability = Durability::kProcess}},
          {"safe", {.durability = Durability::kPower}}};
}

// What is there must be what was written, up to some point, and that not before
// `promised`.
void ExpectWhole(Storage& storage, const std::string& id, const Expected& session,
                 Position promised) {
  const auto lease = storage.Take(id, kClaim);
  if (!lease.ok()) {
    EXPECT_EQ(lease.status().code(), absl::StatusCode::kNotFound) << lease.status();
    EXPECT_EQ(promised, 0u) << id << " is gone";
    return;
  }
  Position from = 0;
  const auto snapshots = storage.ListSnapshots(*lease);
  ASSERT_TRUE(snapshots.ok()) << snapshots.status();
  if (!snapshots->empty()) {
    from = snapshots->front().position;
    EXPECT_EQ(*GetSnapshot(storage, *lease, "s"), SnapshotAt(id, from));
  }
  EXPECT_GE(from, session.trimmed) << "the snapshot is older than what has been trimmed";
  const auto journal = ReadJournal(storage, *lease, from);
  EXPECT_TRUE(journal.status.ok()) << journal.status;
  Position last = from;
  for (const std::string& record : journal.records) EXPECT_EQ(record, RecordAt(id, ++last));
  EXPECT_GE(last, promised) << id;
  EXPECT_LE(last, session.appended) << id;
  EXPECT_TRUE(Append(storage, *lease, last + 1, "goes on").ok());
}

// With generations of the log that end again and again, and with one that does not.
constexpr int64_t kLogBytes[] = {10'000, 1 << 20};

int64_t OperationsOfExercise(int64_t log_bytes) {
  TempDir dir;
  FaultVfs vfs;
  auto sessions = Sessions();
  {
    const auto storage = testing::MustOpen(
        {.folder = dir.path(), .vfs = vfs.name(), .checkpoint_pages = 50, .log_bytes = log_bytes});
    Exercise(*storage, sessions);
  }
  return vfs.operations();
}

// At most so many operations are passed over, so that the test is quick.
constexpr int64_t kStride = 30;

class LogFaultTest : public ::testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(, LogFaultTest, ::testing::ValuesIn(kLogBytes));

TEST_P(LogFaultTest, ALossOfPowerAtAnyOperationTakesNothingThatWasPromised) {
  const int64_t log_bytes = GetParam();
  const int64_t operations = OperationsOfExercise(log_bytes);
  ASSERT_GT(operations, 200);
  std::mt19937 random(1);
  for (int64_t off = 0; off < operations; off += 1 + static_cast<int64_t>(random() % kStride)) {
    SCOPED_TRACE(absl::StrCat("the power goes after ", off, " operations"));
    TempDir dir;
    FaultVfs vfs;
    vfs.PowerOffAfter(off);
    auto sessions = Sessions();
    const SqliteOptions options{
        .folder = dir.path(), .vfs = vfs.name(), .checkpoint_pages = 50, .log_bytes = log_bytes};
    if (const auto storage = SqliteStorage::Open(options); storage.ok()) {
      Exercise(**storage, sessions);
    }
    vfs.PowerOn(random);
    const auto storage = SqliteStorage::Open(options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    for (const auto& [id, session] : sessions) {
      const bool safe = session.durability == Durability::kPower;
      ExpectWhole(**storage, id, session, safe ? session.acknowledged : session.snapshot);
    }
    if (HasFailure()) break;
  }
}

TEST_P(LogFaultTest, AnyOperationMayFail) {
  const int64_t log_bytes = GetParam();
  const int64_t operations = OperationsOfExercise(log_bytes);
  std::mt19937 random(2);
  for (const int result : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY, SQLITE_IOERR_FSYNC}) {
    for (int64_t at = 0; at < operations;
         at += 1 + static_cast<int64_t>(random() % (3 * kStride))) {
      SCOPED_TRACE(absl::StrCat("operation ", at, " fails with ", result));
      TempDir dir;
      FaultVfs vfs;
      vfs.FailAfter(at, result);
      auto sessions = Sessions();
      const SqliteOptions options{
          .folder = dir.path(), .vfs = vfs.name(), .checkpoint_pages = 50, .log_bytes = log_bytes};
      {
        auto storage = SqliteStorage::Open(options);
        if (!storage.ok()) continue;
        Exercise(**storage, sessions);
        vfs.FailAfter(0, SQLITE_OK);
        for (const auto& [id, session] : sessions) {
          ExpectWhole(**storage, id, session, session.acknowledged);
        }
      }
      if (HasFailure()) return;
    }
  }
}

TEST(FaultTest, AfterASyncThatFailedNothingIsCalledSafe) {
  TempDir dir;
  FaultVfs vfs;
  const auto storage = testing::MustOpen({.folder = dir.path(), .vfs = vfs.name()});
  const Lease lease = *storage->Create("a", "", kClaim);
  ASSERT_TRUE(Append(*storage, lease, 1, "1", Durability::kPower).ok());
  ASSERT_TRUE(Append(*storage, lease, 2, "2", Durability::kProcess).ok());
  vfs.FailSyncs(SQLITE_IOERR_FSYNC);
  EXPECT_EQ(storage->Sync().code(), absl::StatusCode::kUnavailable);
  vfs.FailSyncs(SQLITE_OK);
  // The disk may have lost the second.
  EXPECT_EQ(Append(*storage, lease, 3, "3", Durability::kPower).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Append(*storage, lease, 4, "4", Durability::kProcess).ok());
}

TEST(FaultTest, AFullDiskConcernsOnlyWhatHasNoRoom) {
  TempDir dir;
  FaultVfs vfs;
  const auto storage = testing::MustOpen({.folder = dir.path(), .vfs = vfs.name()});
  const Lease a = *storage->Create("a", "", kClaim);
  const Lease b = *storage->Create("b", "", kClaim);
  storage->Tidy();
  vfs.FailAfter(3, SQLITE_FULL);
  const absl::Status full = Append(*storage, a, 1, std::string(100'000, 'x'));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  EXPECT_TRUE(Append(*storage, b, 1, "b1").ok());
  EXPECT_TRUE(ReadJournal(*storage, a).records.empty());
  EXPECT_TRUE(Append(*storage, a, 1, "a1").ok());
}

// A start moves what the log has, and the log begins anew.
TEST(FaultTest, ALossOfPowerSoonAfterAStartTakesNothingThatWasPromised) {
  std::mt19937 random(4);
  for (int loss = 0; loss < 40; ++loss) {
    SCOPED_TRACE(absl::StrCat("loss ", loss));
    TempDir dir;
    FaultVfs vfs;
    const SqliteOptions options{.folder = dir.path(), .vfs = vfs.name()};
    {
      const auto storage = testing::MustOpen(options);
      const Lease safe = *storage->Create("safe", "", kClaim);
      for (int k = 1; k <= 20; ++k) {
        ASSERT_TRUE(Append(*storage, safe, k, RecordAt("safe", k),
                           k == 20 ? Durability::kPower : Durability::kProcess)
                        .ok());
      }
      vfs.PowerOffAfter(0);
    }
    vfs.PowerOn(random);
    {
      const auto storage = testing::MustOpen(options);
      // Of this one nothing has been promised.
      const Lease other = *storage->Create("other", "", kClaim);
      for (int k = 1; k <= 10; ++k) {
        ASSERT_TRUE(Append(*storage, other, k, RecordAt("other", k)).ok());
      }
      vfs.PowerOffAfter(0);
    }
    vfs.PowerOn(random);
    const auto storage = testing::MustOpen(options);
    const Lease safe = *storage->Take("safe", kClaim);
    const auto journal = ReadJournal(*storage, safe);
    EXPECT_TRUE(journal.status.ok()) << journal.status;
    EXPECT_EQ(journal.records.size(), 20u);
    if (HasFailure()) return;
  }
}

TEST(FaultTest, ASessionThatBeginsWithASnapshotIsThereWithItOrNotAtAll) {
  const std::string state(600'000, 's');
  const auto create = [&](Storage& storage) {
    return storage.CreateFrom("copy", "header", kClaim, "s",
                              [&](SnapshotWriter& writer) { return writer.Write(state); });
  };
  std::mt19937 random(5);
  int there = 0, not_there = 0;
  for (int64_t off = 0; there < 3; ++off) {
    SCOPED_TRACE(absl::StrCat("the power goes after ", off, " operations"));
    TempDir dir;
    FaultVfs vfs;
    const SqliteOptions options{.folder = dir.path(), .vfs = vfs.name()};
    bool acknowledged = false;
    {
      const auto storage = testing::MustOpen(options);
      vfs.PowerOffAfter(off);
      acknowledged = create(*storage).ok();
      vfs.PowerOffAfter(0);
    }
    vfs.PowerOn(random);
    const auto storage = testing::MustOpen(options);
    const auto lease = storage->Take("copy", kClaim);
    if (absl::IsNotFound(lease.status())) {
      EXPECT_FALSE(acknowledged);
      ++not_there;
      EXPECT_TRUE(create(*storage).ok());
      continue;
    }
    ASSERT_TRUE(lease.ok()) << lease.status();
    ++there;
    EXPECT_EQ(*GetSnapshot(*storage, *lease, "s"), state);
    EXPECT_EQ(create(*storage).status().code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(storage->List("", 10)->front().bytes, state.size());
    if (HasFailure()) return;
  }
  EXPECT_GT(not_there, 3);
}

TEST(FaultTest, ASessionWhoseSnapshotIsNotSafeIsNotThere) {
  TempDir dir;
  FaultVfs vfs;
  const auto storage = testing::MustOpen({.folder = dir.path(), .vfs = vfs.name()});
  vfs.FailSyncs(SQLITE_IOERR_FSYNC);
  const auto lease = storage->CreateFrom(
      "copy", "header", kClaim, "s", [&](SnapshotWriter& writer) { return writer.Write("state"); });
  EXPECT_EQ(lease.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(storage->Header("copy").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace spiked::storage
