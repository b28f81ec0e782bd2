#include "server/storage/sqlite_storage.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/checked_vfs.h"
#include "server/storage/database.h"
#include "server/storage/record.h"
#include "server/storage/schema.h"
#include "tests/storage/fixtures.h"
#include "tests/support/temp_dir.h"

namespace spiked::storage {
namespace {

using std::chrono::milliseconds;
using testing::Append;
using testing::Durability;
using ::testing::ElementsAre;
using testing::GetSnapshot;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kClaim;
using testing::MustOpen;
using testing::PutSnapshot;
using testing::ReadJournal;
using testing::TempDir;

class SqliteStorageTest : public ::testing::Test {
 protected:
  SqliteStorageTest() { Open(); }

  void Open() {
    storage_ = nullptr;
    storage_ = MustOpen({.folder = dir_.File("data"), .now_ms = [this] { return now_ms_; }});
  }

  Lease Create(absl::string_view id) {
    return *storage_->Create(id, absl::StrCat("header of ", id), kClaim);
  }

  std::vector<std::string> Ids(absl::string_view after, size_t most) {
    std::vector<std::string> ids;
    const auto sessions = storage_->List(after, most);
    EXPECT_TRUE(sessions.ok()) << sessions.status();
    for (const StoredSession& session : *sessions) ids.push_back(session.id);
    return ids;
  }

  // A folder as servers of that version have left it, with what the script puts there.
  void MakeOld(const std::string& folder, size_t version, const char* script) {
    storage_ = nullptr;
    ASSERT_TRUE(std::filesystem::create_directory(folder));
    auto old = Database::Open(folder + "/spiked.db", CheckedVfs(""));
    ASSERT_TRUE(old.ok()) << old.status();
    int reserved = kPageCheckBytes;
    sqlite3_file_control(old->handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    ASSERT_TRUE(old->Script("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL").ok());
    ASSERT_TRUE(Migrate(*old, Migrations().first(version)).ok());
    ASSERT_TRUE(old->Script(script).ok());
  }

  TempDir dir_;
  int64_t now_ms_ = 1'000'000;
  std::unique_ptr<SqliteStorage> storage_;
};

TEST_F(SqliteStorageTest, TheFolderIsForItsOwnerAlone) {
  struct stat folder;
  ASSERT_EQ(stat(dir_.File("data").c_str(), &folder), 0);
  EXPECT_EQ(folder.st_mode & 0777, 0700u);
}

TEST_F(SqliteStorageTest, TheFolderIsUsedOnce) {
  const auto second = SqliteStorage::Open({.folder = dir_.File("data")});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr(absl::StrCat("process ", getpid())));
}

TEST_F(SqliteStorageTest, SessionsAreListedByTheirIds) {
  for (const char* id : {"c", "a", "d", "b"}) Create(id);
  EXPECT_THAT(Ids("", 3), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Ids("c", 3), ElementsAre("d"));
  EXPECT_EQ(*storage_->Header("b"), "header of b");
  EXPECT_EQ(storage_->Header("e").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqliteStorageTest, AnIdIsTakenOnce) {
  Create("a");
  EXPECT_EQ(storage_->Create("a", "", kClaim).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*storage_->Header("a"), "header of a");
}

TEST_F(SqliteStorageTest, HeadersHaveAnyBytes) {
  const std::string bytes("\0\xff\0", 3);
  const Lease lease = Create("a");
  ASSERT_TRUE(storage_->SetHeader(lease, bytes).ok());
  Open();
  EXPECT_EQ(*storage_->Header("a"), bytes);
}

TEST_F(SqliteStorageTest, RecordsComeBackInOrder) {
  const Lease a = Create("a"), b = Create("b");
  ASSERT_TRUE(Append(*storage_, a, 1, "a1").ok());
  ASSERT_TRUE(Append(*storage_, b, 1, "b1", Durability::kPower).ok());
  ASSERT_TRUE(Append(*storage_, a, 2, "").ok());
  ASSERT_TRUE(Append(*storage_, a, 3, std::string(5'000'000, 'x')).ok());
  ASSERT_TRUE(Append(*storage_, a, 4, "a4").ok());
  Open();
  const Lease again = *storage_->Take("a", kClaim);
  const auto journal = ReadJournal(*storage_, again);
  EXPECT_TRUE(journal.status.ok()) << journal.status;
  EXPECT_THAT(journal.records, ElementsAre("a1", "", std::string(5'000'000, 'x'), "a4"));
  EXPECT_THAT(ReadJournal(*storage_, again, 3).records, ElementsAre("a4"));
  EXPECT_THAT(ReadJournal(*storage_, again, 4).records, IsEmpty());
  EXPECT_THAT(ReadJournal(*storage_, b).records, ElementsAre("b1"));
}

TEST_F(SqliteStorageTest, ManyRecordsAreReadPieceByPiece) {
  const Lease lease = Create("a");
  for (int k = 1; k <= 50; ++k) {
    ASSERT_TRUE(Append(*storage_, lease, k, std::string(100'000, static_cast<char>(k))).ok());
  }
  // Written while it is read.
  Position last = 0;
  const absl::Status status = storage_->Read(lease, 0, [&](Position position, absl::string_view r) {
    last = position;
    EXPECT_EQ(r, std::string(100'000, static_cast<char>(position)));
    if (position > 50) return absl::OkStatus();
    return Append(*storage_, lease, position + 50,
                  std::string(100'000, static_cast<char>(position + 50)));
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(last, 100u);
}

TEST_F(SqliteStorageTest, ReadingStopsWithTheErrorOfWhoeverReads) {
  const Lease lease = Create("a");
  for (int k = 1; k <= 3; ++k) ASSERT_TRUE(Append(*storage_, lease, k, "x").ok());
  int visited = 0;
  EXPECT_EQ(storage_->Read(lease, 0,
                           [&](Position position, absl::string_view /*record*/) {
                             ++visited;
                             return position == 2 ? absl::CancelledError() : absl::OkStatus();
                           }),
            absl::CancelledError());
  EXPECT_EQ(visited, 2);
}

TEST_F(SqliteStorageTest, ARecordIsWrittenOnce) {
  const Lease lease = Create("a");
  ASSERT_TRUE(Append(*storage_, lease, 1, "first").ok());
  EXPECT_EQ(Append(*storage_, lease, 1, "second").code(), absl::StatusCode::kAborted);
  EXPECT_THAT(ReadJournal(*storage_, lease).records, ElementsAre("first"));
}

TEST_F(SqliteStorageTest, AMissingRecordIsSeen) {
  const Lease lease = Create("a");
  ASSERT_TRUE(Append(*storage_, lease, 1, "1").ok());
  ASSERT_TRUE(Append(*storage_, lease, 3, "3").ok());
  const auto journal = ReadJournal(*storage_, lease);
  EXPECT_EQ(journal.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(journal.records, ElementsAre("1"));
}

TEST_F(SqliteStorageTest, TheLastRecordIsFoundWithoutTheOthers) {
  const Lease lease = Create("a");
  Create("b");
  EXPECT_FALSE(storage_->Last("a")->has_value());
  ASSERT_TRUE(Append(*storage_, lease, 1, "1").ok());
  ASSERT_TRUE(Append(*storage_, lease, 2, "2").ok());
  const auto last = *storage_->Last("a");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->position, 2u);
  EXPECT_EQ(last->record, "2");
  EXPECT_FALSE(storage_->Last("b")->has_value());
  EXPECT_EQ(storage_->Last("c").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqliteStorageTest, ALeaseKeepsOthersOut) {
  const Lease mine = Create("a");
  const Claim theirs{.holder = "they", .duration = milliseconds(1000)};
  const auto refused = storage_->Take("a", theirs);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(refused.status().message(), HasSubstr("held by me"));
  EXPECT_TRUE(Append(*storage_, mine, 1, "x").ok());
  EXPECT_EQ(storage_->Take("b", theirs).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqliteStorageTest, WhoeverHasLostTheLeaseWritesNothing) {
  const Lease mine = Create("a");
  ASSERT_TRUE(PutSnapshot(*storage_, mine, "s", 0, "mine").ok());
  auto begun = storage_->PutSnapshot(mine, "s", 0);
  ASSERT_TRUE(begun.ok());
  now_ms_ += milliseconds(std::chrono::hours(1)).count();
  const auto theirs = storage_->Take("a", {.holder = "they", .duration = milliseconds(1000)});
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  EXPECT_GT(theirs->fence, mine.fence);

  EXPECT_EQ(Append(*storage_, mine, 1, "x").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Append(*storage_, mine, 1, "x", Durability::kPower).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(storage_->SetHeader(mine, "x").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(storage_->Renew(mine, milliseconds(1)).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(storage_->Release(mine).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(storage_->Trim(mine, 1).code(), absl::StatusCode::kAborted);
  EXPECT_EQ((*begun)->Finish().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(PutSnapshot(*storage_, mine, "s", 0, "x").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(storage_->DeleteSnapshot(mine, "s").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(storage_->Delete(mine, std::nullopt).code(), absl::StatusCode::kAborted);

  EXPECT_EQ(*storage_->Header("a"), "header of a");
  EXPECT_EQ(*GetSnapshot(*storage_, *theirs, "s"), "mine");
  EXPECT_TRUE(Append(*storage_, *theirs, 1, "y").ok());
}

TEST_F(SqliteStorageTest, ARenewedLeaseLastsLonger) {
  const Lease mine = Create("a");
  const Claim theirs{.holder = "they", .duration = milliseconds(1000)};
  ASSERT_TRUE(storage_->Renew(mine, milliseconds(2)).ok());
  now_ms_ += 1;
  EXPECT_FALSE(storage_->Take("a", theirs).ok());
  ASSERT_TRUE(storage_->Renew(mine, milliseconds(2)).ok());
  now_ms_ += 1;
  EXPECT_FALSE(storage_->Take("a", theirs).ok());
  // Nobody else wanted it.
  now_ms_ += 10;
  EXPECT_TRUE(storage_->Renew(mine, milliseconds(2)).ok());
  now_ms_ += 2;
  EXPECT_TRUE(storage_->Take("a", theirs).ok());
}

TEST_F(SqliteStorageTest, AReleasedLeaseIsFree) {
  const Lease mine = Create("a");
  ASSERT_TRUE(storage_->Release(mine).ok());
  EXPECT_EQ(Append(*storage_, mine, 1, "x").code(), absl::StatusCode::kAborted);
  const auto theirs = storage_->Take("a", {.holder = "they", .duration = milliseconds(1000)});
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  EXPECT_GT(theirs->fence, mine.fence);
}

TEST_F(SqliteStorageTest, NobodyHoldsAnythingAfterAStart) {
  const Lease mine = Create("a");
  Open();
  const auto theirs = storage_->Take("a", {.holder = "they", .duration = milliseconds(1000)});
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  EXPECT_GT(theirs->fence, mine.fence);
}

TEST_F(SqliteStorageTest, ASnapshotTakesThePlaceOfTheOneOfItsName) {
  const Lease lease = Create("a");
  const std::string large(1'000'000, 'x');
  ASSERT_TRUE(PutSnapshot(*storage_, lease, "s", 3, large).ok());
  ASSERT_TRUE(PutSnapshot(*storage_, lease, "t", 4, "").ok());
  EXPECT_EQ(*GetSnapshot(*storage_, lease, "s"), large);
  ASSERT_TRUE(PutSnapshot(*storage_, lease, "s", 5, "new").ok());
  Open();
  EXPECT_EQ(*GetSnapshot(*storage_, lease, "s"), "new");
  EXPECT_EQ(*GetSnapshot(*storage_, lease, "t"), "");
  const auto snapshots = *storage_->ListSnapshots(lease);
  ASSERT_EQ(snapshots.size(), 2u);
  EXPECT_EQ(snapshots[0].name, "s");
  EXPECT_EQ(snapshots[0].position, 5u);
  EXPECT_EQ(snapshots[0].bytes, 3u);
  EXPECT_EQ(snapshots[1].position, 4u);
}

TEST_F(SqliteStorageTest, AnUnfinishedSnapshotLeavesNothing) {
  const Lease lease = Create("a");
  ASSERT_TRUE(PutSnapshot(*storage_, lease, "s", 3, "old").ok());
  {
    auto writer = storage_->PutSnapshot(lease, "s", 4);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Write(std::string(1'000'000, 'x')).ok());
    EXPECT_EQ(*GetSnapshot(*storage_, lease, "s"), "old");
  }
  EXPECT_EQ(*GetSnapshot(*storage_, lease, "s"), "old");
  EXPECT_EQ(storage_->ListSnapshots(lease)->size(), 1u);
}

TEST_F(SqliteStorageTest, ASnapshotCanBeDeleted) {
  const Lease lease = Create("a");
  ASSERT_TRUE(PutSnapshot(*storage_, lease, "s", 3, "x").ok());
  ASSERT_TRUE(storage_->DeleteSnapshot(lease, "s").ok());
  EXPECT_EQ(storage_->DeleteSnapshot(lease, "s").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetSnapshot(*storage_, lease, "s").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqliteStorageTest, ADeletedSessionIsNotTheNextOneOfItsName) {
  const Lease lease = Create("a");
  ASSERT_TRUE(Append(*storage_, lease, 1, "old").ok());
  ASSERT_TRUE(PutSnapshot(*storage_, lease, "s", 1, "old").ok());
  ASSERT_TRUE(storage_->Delete(lease, std::nullopt).ok());
  EXPECT_EQ(storage_->Header("a").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Append(*storage_, lease, 2, "x").code(), absl::StatusCode::kAborted);
  const Lease next = Create("a");
  EXPECT_THAT(ReadJournal(*storage_, next).records, IsEmpty());
  EXPECT_TRUE(storage_->ListSnapshots(next)->empty());
  EXPECT_TRUE(Append(*storage_, next, 1, "new").ok());
}

TEST_F(SqliteStorageTest, TrimmedRecordsGoAndLaterOnesStay) {
  const Lease lease = Create("a"), other = Create("b");
  for (int k = 1; k <= 1000; ++k) ASSERT_TRUE(Append(*storage_, lease, k, absl::StrCat(k)).ok());
  ASSERT_TRUE(Append(*storage_, other, 1, "other").ok());
  ASSERT_TRUE(storage_->Trim(lease, 998).ok());
  EXPECT_THAT(ReadJournal(*storage_, lease, 998).records, ElementsAre("999", "1000"));
  storage_->Tidy();
  EXPECT_THAT(ReadJournal(*storage_, lease, 998).records, ElementsAre("999", "1000"));
  EXPECT_EQ(ReadJournal(*storage_, lease).status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(ReadJournal(*storage_, other).records, ElementsAre("other"));
}

TEST_F(SqliteStorageTest, RubbishTakesNoMoreRoom) {
  const auto file_bytes = [&] {
    storage_->Tidy();
    return std::filesystem::file_size(dir_.File("data/spiked.db"));
  };
  const std::string large(2'000'000, 'x');
  const Lease lease = Create("a");
  const auto round = [&](int k) {
    for (int j = 0; j < 20; ++j) {
      ASSERT_TRUE(Append(*storage_, lease, 20 * k + j + 1, std::string(50'000, 'y')).ok());
    }
    ASSERT_TRUE(PutSnapshot(*storage_, lease, "s", 20 * k + 20, large).ok());
    ASSERT_TRUE(storage_->Trim(lease, 20 * k + 20).ok());
    const Lease brief = Create("brief");
    ASSERT_TRUE(Append(*storage_, brief, 1, large).ok());
    ASSERT_TRUE(PutSnapshot(*storage_, brief, "s", 1, large).ok());
    ASSERT_TRUE(storage_->Delete(brief, std::nullopt).ok());
    storage_->Tidy();
  };
  round(0);
  round(1);
  const auto before = file_bytes();
  for (int k = 2; k < 6; ++k) round(k);
  EXPECT_LE(file_bytes(), before + 2'000'000);
}

TEST_F(SqliteStorageTest, WhatDeletedSessionsLeaveKeepsNoServerFromStarting) {
  for (const char* const id : {"a", "b", "c"}) {
    const Lease lease = Create(id);
    ASSERT_TRUE(Append(*storage_, lease, 1, "1").ok());
    ASSERT_TRUE(storage_->Delete(lease, std::nullopt).ok());
  }
  storage_ = nullptr;
  // As a server leaves it that is killed before it has removed them.
  {
    auto database = Database::Open(dir_.File("data/spiked.db"), CheckedVfs(""));
    ASSERT_TRUE(database.ok()) << database.status();
    for (int session = 1; session <= 3; ++session) {
      ASSERT_TRUE(database
                      ->Run("INSERT INTO rubbish (session, up_to) VALUES (?, ?)", session,
                            std::numeric_limits<int64_t>::max())
                      .ok());
    }
  }
  Open();
  storage_->Tidy();
  EXPECT_THAT(Ids("", 10), IsEmpty());
}

TEST_F(SqliteStorageTest, TheWalIsKeptSmall) {
  storage_ = nullptr;
  storage_ = MustOpen({.folder = dir_.File("data"), .checkpoint_pages = 100});
  const Lease lease = Create("a");
  for (int k = 1; k <= 2000; ++k) {
    ASSERT_TRUE(Append(*storage_, lease, k, std::string(1000, 'x')).ok());
    if (k % 100 == 0) storage_->Tidy();
  }
  EXPECT_LT(std::filesystem::file_size(dir_.File("data/spiked.db-wal")), 3'000'000u);
}

TEST_F(SqliteStorageTest, AStoreOfVersion1IsBroughtUpWithWhatItHolds) {
  const std::string folder = dir_.File("old");
  ASSERT_NO_FATAL_FAILURE(
      MakeOld(folder, 1,
              "INSERT INTO sessions (id, header, fence, holder, lease_end_ms) VALUES "
              "('a', 'header', 3, 'it', 0), ('empty', '', 1, 'it', 0);"
              "INSERT INTO journal VALUES (1, 1, 'first'), (1, 2, 'second')"));
  storage_ = MustOpen({.folder = folder});
  const Lease lease = *storage_->Take("a", kClaim);
  EXPECT_EQ(lease.fence, 4);
  EXPECT_EQ(Append(*storage_, lease, 2, "again").code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(Append(*storage_, lease, 3, "third").ok());
  EXPECT_THAT(ReadJournal(*storage_, lease).records, ElementsAre("first", "second", "third"));
  EXPECT_FALSE(storage_->Last("empty")->has_value());
}

TEST_F(SqliteStorageTest, WhatAServerOfVersion2HadInItsLogWhenItWasKilledIsThere) {
  const std::string folder = dir_.File("old");
  ASSERT_NO_FATAL_FAILURE(
      MakeOld(folder, 2,
              "INSERT INTO sessions (id, header, fence, holder, lease_end_ms, last) "
              "VALUES ('a', '', 1, 'it', 0, 1);"
              "INSERT INTO journal VALUES (1, 1, 'first'); UPDATE log SET settled = 4"));
  // An entry of generation 5: its checksum, bytes, session and position, and the record.
  const auto bytes_of = [](int64_t number) {
    return std::string(reinterpret_cast<const char*>(&number), sizeof number);
  };
  const std::string entry = bytes_of(6) + bytes_of(1) + bytes_of(2) + "second";
  const uint64_t checksum = PlaceOf(entry, HashOf(bytes_of(5)));
  std::ofstream(folder + "/spiked.log1", std::ios::binary)
      << bytes_of(static_cast<int64_t>(checksum)) << entry << std::string(1000, '\0');
  for (int start = 0; start < 2; ++start) {
    storage_ = MustOpen({.folder = folder});
    const Lease lease = *storage_->Take("a", kClaim);
    EXPECT_THAT(ReadJournal(*storage_, lease).records, ElementsAre("first", "second"));
    storage_ = nullptr;
  }
}

TEST_F(SqliteStorageTest, RecordsAreTheSameHoweverOftenTheLogEnds) {
  for (const int64_t log_bytes : {1L, 300L, 1'000'000L}) {
    SCOPED_TRACE(log_bytes);
    const std::string folder = dir_.File(absl::StrCat("log", log_bytes));
    Position last = 0;
    for (int start = 0; start < 4; ++start) {
      const auto storage = MustOpen({.folder = folder, .log_bytes = log_bytes});
      const Lease lease =
          start == 0 ? *storage->Create("a", "", kClaim) : *storage->Take("a", kClaim);
      for (int k = 0; k < 20; ++k) {
        // Some are too large for the log.
        const size_t more = last % 7 == 3 ? 70'000 : 0;
        ++last;
        ASSERT_TRUE(Append(*storage, lease, last, absl::StrCat(last, std::string(more, 'x'))).ok());
        EXPECT_EQ(storage->Last("a")->value().position, last);
      }
      const auto journal = ReadJournal(*storage, lease);
      EXPECT_TRUE(journal.status.ok()) << journal.status;
      ASSERT_EQ(journal.records.size(), last);
      for (Position k = 1; k <= last; ++k) {
        EXPECT_EQ(journal.records[k - 1].substr(0, absl::StrCat(k).size()), absl::StrCat(k));
      }
    }
  }
}

TEST_F(SqliteStorageTest, ManySyncsAreOne) {
  std::vector<Lease> leases;
  for (int k = 0; k < 50; ++k) leases.push_back(Create(absl::StrCat("session", k)));
  ASSERT_TRUE(storage_->Sync().ok());
  const int64_t before = storage_->syncs();
  std::vector<std::promise<absl::Status>> promises(leases.size());
  for (size_t k = 0; k < leases.size(); ++k) {
    ASSERT_TRUE(Append(*storage_, leases[k], 1, "x").ok());
    storage_->WhenSafe([&, k](const absl::Status& status) { promises[k].set_value(status); });
  }
  for (auto& promise : promises) EXPECT_TRUE(promise.get_future().get().ok());
  EXPECT_LT(storage_->syncs() - before, 25);
  const int64_t after = storage_->syncs();
  EXPECT_GT(after, before);
  // What has nothing to sync does not ask the disk.
  ASSERT_TRUE(storage_->Sync().ok());
  EXPECT_EQ(storage_->syncs(), after);
}

TEST_F(SqliteStorageTest, ThreadsShareIt) {
  // Generations of the log end again and again.
  storage_ = nullptr;
  storage_ = MustOpen({.folder = dir_.File("data"), .log_bytes = 500});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const Lease lease = Create(absl::StrCat("session", t));
      for (int k = 1; k <= 50; ++k) {
        const auto durability = k % 10 == 0 ? Durability::kPower : Durability::kProcess;
        EXPECT_TRUE(Append(*storage_, lease, k, absl::StrCat(t, ":", k), durability).ok());
        if (k % 20 == 0) {
          EXPECT_TRUE(PutSnapshot(*storage_, lease, "s", k, absl::StrCat(t)).ok());
          EXPECT_TRUE(storage_->Trim(lease, k).ok());
        }
        EXPECT_FALSE(storage_->List("", 10)->empty());
      }
      EXPECT_EQ(ReadJournal(*storage_, lease, 40).records.size(), 10u);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SqliteStorageTest, WhatIsStoredCountsAsRoom) {
  auto storage = MustOpen({.folder = dir_.File("sized"), .free_bytes = [] { return 1'000'000; }});
  const uint64_t before = storage->Capacity();
  EXPECT_GT(before, 1'000'000u);
  const auto lease = storage->Create("s", "header", kClaim);
  ASSERT_TRUE(lease.ok()) << lease.status();
  ASSERT_TRUE(PutSnapshot(*storage, *lease, "x", 0, std::string(3'000'000, 'x')).ok());
  storage->Tidy();
  // As the disk, which does not shrink here, has as much less then.
  EXPECT_GE(storage->Capacity(), before + 2'900'000);
  // What the file system says.
  auto real = MustOpen({.folder = dir_.File("real")});
  EXPECT_GT(real->Capacity(), 0u);
  EXPECT_LT(real->Capacity(), std::numeric_limits<uint64_t>::max() / 2);
}

TEST_F(SqliteStorageTest, ManyWritesSurvivePowerTogether) {
  // All are under way at once, none waits for another.
  constexpr int kSessions = 100;
  std::vector<std::promise<absl::Status>> promises(kSessions);
  for (int k = 0; k < kSessions; ++k) {
    ASSERT_TRUE(Append(*storage_, Create(absl::StrCat("session", k)), 1, "x").ok());
    storage_->WhenSafe(
        [&promises, k](const absl::Status& status) { promises[k].set_value(status); });
  }
  for (auto& promise : promises) EXPECT_TRUE(promise.get_future().get().ok());
}

TEST_F(SqliteStorageTest, ASnapshotThatASessionBeganWithIsMissedWhenItIsLost) {
  const Lease lease = *storage_->CreateFrom(
      "a", "", kClaim, "s", [](SnapshotWriter& writer) { return writer.Write("state"); });
  EXPECT_EQ(*GetSnapshot(*storage_, lease, "s"), "state");
  EXPECT_EQ(storage_->ListSnapshots(lease)->front().position, 1u);
  EXPECT_TRUE(ReadJournal(*storage_, lease, 1).status.ok());
  EXPECT_EQ(storage_->Last("a").value(), std::nullopt);
  EXPECT_EQ(Append(*storage_, lease, 1, "x").code(), absl::StatusCode::kAborted);
  ASSERT_TRUE(storage_->DeleteSnapshot(lease, "s").ok());
  EXPECT_TRUE(absl::IsDataLoss(ReadJournal(*storage_, lease).status));
}

TEST_F(SqliteStorageTest, WhoeverCannotWriteTheirSnapshotHasNoSession) {
  const auto refused = storage_->CreateFrom("a", "", kClaim, "s", [](SnapshotWriter& writer) {
    absl::Status written = writer.Write(std::string(1'000'000, 'x'));
    EXPECT_TRUE(written.ok()) << written;
    return absl::CancelledError("no more");
  });
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(Ids("", 10), IsEmpty());
  storage_->Tidy();
  EXPECT_TRUE(storage_->Create("a", "", kClaim).ok());
}

TEST_F(SqliteStorageTest, SessionsThatAreGoneAreRememberedForAsLongAsThatIsWanted) {
  const auto remembered = [&] {
    std::vector<std::string> all;
    const auto gone = storage_->Remembered();
    EXPECT_TRUE(gone.ok()) << gone.status();
    for (const GoneSession& one : *gone) {
      all.push_back(absl::StrCat(one.id, "/", one.time_ms, "/", one.epitaph));
    }
    return all;
  };
  const Lease lease = Create("a");
  ASSERT_TRUE(storage_->Delete(lease, GoneSession{.id = "a", .time_ms = 10, .epitaph = "x"}).ok());
  EXPECT_THAT(Ids("", 10), IsEmpty());
  ASSERT_TRUE(storage_->Remember({.id = "b", .time_ms = 20, .epitaph = "y"}).ok());
  EXPECT_TRUE(absl::IsAborted(
      storage_->Delete(lease, GoneSession{.id = "c", .time_ms = 10, .epitaph = "not so"})));
  Open();
  EXPECT_THAT(remembered(), ElementsAre("a/10/x", "b/20/y"));
  ASSERT_TRUE(storage_->Remember({.id = "a", .time_ms = 30, .epitaph = "z"}).ok());
  EXPECT_THAT(remembered(), ElementsAre("b/20/y", "a/30/z"));
  ASSERT_TRUE(storage_->Forget(20, 100).ok());
  EXPECT_THAT(remembered(), ElementsAre("b/20/y", "a/30/z"));
  ASSERT_TRUE(storage_->Forget(0, 1).ok());
  EXPECT_THAT(remembered(), ElementsAre("a/30/z"));
  ASSERT_TRUE(storage_->Forget(31, 100).ok());
  EXPECT_THAT(remembered(), IsEmpty());
}

}  // namespace
}  // namespace spiked::storage
