// Bytes that change on the disk.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite_storage.h"
#include "tests/storage/fault_vfs.h"
#include "tests/storage/fixtures.h"
#include "tests/support/temp_dir.h"

namespace spiked::storage {
namespace {

using testing::Append;
using testing::FaultVfs;
using testing::GetSnapshot;
using testing::Journal;
using testing::kClaim;
using testing::MustOpen;
using testing::PutSnapshot;
using testing::ReadFile;
using testing::ReadJournal;
using testing::TempDir;

constexpr int kSessions = 8, kRecords = 40;
constexpr size_t kPage = 4096;

std::string IdOf(int session) { return absl::StrCat("session", session); }
std::string RecordAt(int session, int position) {
  return absl::StrCat(session, "/", position, std::string(position % 5 * 700, 'x'));
}
std::string SnapshotOf(int session) {
  return std::string(20'000, static_cast<char>('a' + session));
}

void Write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

void Fill(Storage& storage) {
  std::vector<Lease> leases;
  for (int s = 0; s < kSessions; ++s) {
    leases.push_back(*storage.Create(IdOf(s), IdOf(s), kClaim));
    ASSERT_TRUE(PutSnapshot(storage, leases.back(), "s", 0, SnapshotOf(s)).ok());
  }
  for (int k = 1; k <= kRecords; ++k) {
    for (int s = 0; s < kSessions; ++s) {
      ASSERT_TRUE(Append(storage, leases[s], k, RecordAt(s, k)).ok());
    }
  }
}

// What leaves pages that are free, and what is remembered.
void FillAndDelete(SqliteStorage& storage) {
  Fill(storage);
  const Lease lease = *storage.Create("gone", "", kClaim);
  ASSERT_TRUE(PutSnapshot(storage, lease, "s", 0, std::string(40'000, 'g')).ok());
  ASSERT_TRUE(storage.Delete(lease, GoneSession{.id = "gone", .time_ms = 5, .epitaph = ""}).ok());
  storage.Tidy();
}

// Whether a session that is new is as good as any.
void ExpectNewOnesUnharmed(SqliteStorage& storage) {
  const auto lease = storage.Create("new", "header", kClaim);
  ASSERT_TRUE(lease.ok()) << lease.status();
  ASSERT_TRUE(Append(storage, *lease, 1, "one").ok());
  storage.Tidy();
  const absl::Status put = PutSnapshot(storage, *lease, "s", 1, std::string(100'000, 'n'));
  ASSERT_TRUE(put.ok()) << put;
  ASSERT_TRUE(Append(storage, *lease, 2, "two").ok());
  storage.Tidy();
  const Journal journal = ReadJournal(storage, *lease);
  EXPECT_TRUE(journal.status.ok()) << journal.status;
  EXPECT_EQ(journal.records.size(), 2u);
  EXPECT_TRUE(storage.Delete(*lease, GoneSession{.id = "new", .time_ms = 6, .epitaph = ""}).ok());
}

// How many sessions have lost something; what they still say must be right.
int CountDamaged(Storage& storage) {
  int damaged = 0;
  for (int s = 0; s < kSessions; ++s) {
    bool whole = true;
    const auto header = storage.Header(IdOf(s));
    const auto lease = storage.Take(IdOf(s), kClaim);
    if (!header.ok() || !lease.ok()) {
      // One that could not be read at all when the database was made anew is not there.
      for (const absl::Status& status : {header.status(), lease.status()}) {
        EXPECT_TRUE(status.ok() || absl::IsDataLoss(status) || absl::IsNotFound(status)) << status;
      }
      ++damaged;
      continue;
    }
    EXPECT_EQ(*header, IdOf(s));
    const auto snapshot = GetSnapshot(storage, *lease, "s");
    if (snapshot.ok()) {
      EXPECT_EQ(*snapshot, SnapshotOf(s));
    } else {
      EXPECT_TRUE(absl::IsDataLoss(snapshot.status()) || absl::IsNotFound(snapshot.status()))
          << snapshot.status();
      whole = false;
    }
    const Journal journal = ReadJournal(storage, *lease);
    for (size_t k = 0; k < journal.records.size(); ++k) {
      EXPECT_EQ(journal.records[k], RecordAt(s, static_cast<int>(k) + 1));
    }
    if (journal.records.size() != kRecords) {
      EXPECT_TRUE(absl::IsDataLoss(journal.status)) << journal.status;
      whole = false;
    }
    damaged += whole ? 0 : 1;
  }
  return damaged;
}

TEST(DamageTest, AByteInAnyPageIsSeenByThoseConcernedAndNoneIsTakenForAnother) {
  TempDir dir;
  FaultVfs vfs;  // its syncs are quick
  const SqliteOptions options{.folder = dir.path(), .vfs = vfs.name()};
  FillAndDelete(*MustOpen(options));
  const std::string path = dir.File("spiked.db");
  const std::string content = ReadFile(path);
  const std::string tables = ReadFile(dir.File("spiked.tables"));
  const size_t pages = content.size() / kPage;
  ASSERT_GT(pages, 60u);

  int others_unharmed = 0;
  for (size_t page = 0; page < pages; ++page) {
    // Near the start of the page, where its form is told, and among what it holds.
    for (const size_t place : {page * 37 % 64, 100 + page * 577 % 3900}) {
      SCOPED_TRACE(absl::StrCat("byte ", place, " of page ", page + 1));
      std::string damaged = content;
      damaged[page * kPage + place] ^= 0x10;
      Write(path, damaged);
      Write(dir.File("spiked.tables"), tables);
      std::filesystem::remove(dir.File("spiked.db-wal"));
      const auto storage = SqliteStorage::Open(options);
      ASSERT_TRUE(storage.ok()) << storage.status();
      others_unharmed += CountDamaged(**storage) <= 2 ? 1 : 0;
      ExpectNewOnesUnharmed(**storage);
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(others_unharmed, static_cast<int>(2 * pages) * 8 / 10);
}

TEST(DamageTest, APageThatHasTakenAnothersPlaceIsSeen) {
  TempDir dir;
  FaultVfs vfs;  // its syncs are quick
  const SqliteOptions options{.folder = dir.path(), .vfs = vfs.name()};
  Fill(*MustOpen(options));
  const std::string path = dir.File("spiked.db");
  const std::string content = ReadFile(path);
  for (size_t page = 1; page + 1 < content.size() / kPage; page += 3) {
    SCOPED_TRACE(absl::StrCat("page ", page + 1));
    std::string damaged = content;
    damaged.replace(page * kPage, kPage, content, (page + 1) * kPage, kPage);
    Write(path, damaged);
    const auto storage = SqliteStorage::Open(options);
    if (storage.ok()) CountDamaged(**storage);
    if (HasFailure()) break;
  }
}

TEST(DamageTest, AWalThatIsCutOrChangedTakesBackWhatCameLastAndNoMore) {
  // As it is after a kill: nothing has gone to the database yet, and but the last record to
  // the WAL, which is in the log.
  TempDir dir, copy;
  FaultVfs vfs;
  const auto filled = MustOpen({.folder = dir.path(), .vfs = vfs.name(), .log_bytes = 1});
  Fill(*filled);
  const std::string database = ReadFile(dir.File("spiked.db"));
  const std::string wal = ReadFile(dir.File("spiked.db-wal"));
  ASSERT_GT(wal.size(), 500'000u);
  const SqliteOptions options{.folder = copy.path(), .vfs = vfs.name()};

  for (size_t place = 0; place < wal.size(); place += 101'011) {
    for (const bool cut : {true, false}) {
      SCOPED_TRACE(absl::StrCat(cut ? "cut at " : "changed at ", place));
      std::string damaged = wal;
      if (cut) {
        damaged.resize(place);
      } else {
        damaged[place] ^= 0x10;
      }
      Write(copy.File("spiked.db"), database);
      Write(copy.File("spiked.db-wal"), damaged);
      std::filesystem::remove(copy.File("spiked.db-shm"));
      const auto storage = SqliteStorage::Open(options);
      ASSERT_TRUE(storage.ok()) << storage.status();
      // Sessions were written in turns: all have come to the same place, but for one turn.
      size_t least = kRecords, most = 0;
      for (int s = 0; s < kSessions; ++s) {
        const auto lease = (*storage)->Take(IdOf(s), kClaim);
        const Journal journal = lease.ok() ? ReadJournal(**storage, *lease) : Journal{};
        EXPECT_TRUE(journal.status.ok()) << journal.status;
        for (size_t k = 0; k < journal.records.size(); ++k) {
          EXPECT_EQ(journal.records[k], RecordAt(s, static_cast<int>(k) + 1));
        }
        least = std::min(least, journal.records.size());
        most = std::max(most, journal.records.size());
      }
      EXPECT_LE(most, least + 2);
    }
    if (HasFailure()) break;
  }
}

// A folder as it is after a kill, with all records still in one generation of the log.
class DamagedLogTest : public ::testing::Test {
 protected:
  DamagedLogTest() {
    const auto filled = MustOpen({.folder = dir_.path(), .vfs = vfs_.name()});
    Fill(*filled);
    for (const char* name : kNames) contents_.push_back(ReadFile(dir_.File(name)));
    log_end_ = contents_[kLog].find_last_not_of('\0') + 1;
    EXPECT_GT(log_end_, 300'000u);
  }

  // Opens a copy, whose log was changed; on a machine that has run on, or was started anew.
  std::unique_ptr<SqliteStorage> Open(bool same_boot,
                                      absl::FunctionRef<void(std::string& content)> change) {
    for (size_t k = 0; k < contents_.size(); ++k) {
      std::string content = contents_[k];
      if (k == kLog) change(content);
      Write(copy_.File(kNames[k]), content);
    }
    std::filesystem::remove(copy_.File("spiked.db-shm"));
    std::filesystem::remove(copy_.File("lock"));
    if (same_boot) Write(copy_.File("lock"), ReadFile(dir_.File("lock")));
    return MustOpen({.folder = copy_.path(), .vfs = vfs_.name()});
  }

  struct Harm {
    int told = 0;      // sessions that lack something, and say so
    int not_told = 0;  // that lack something
    size_t least = kRecords, most = 0;
  };
  static Harm HarmOf(SqliteStorage& storage) {
    Harm harm;
    for (int s = 0; s < kSessions; ++s) {
      const Lease lease = *storage.Take(IdOf(s), kClaim);
      const Journal journal = ReadJournal(storage, lease);
      const size_t records = journal.records.size();
      for (size_t k = 0; k < records; ++k) {
        EXPECT_EQ(journal.records[k], RecordAt(s, static_cast<int>(k) + 1));
      }
      harm.least = std::min(harm.least, records);
      harm.most = std::max(harm.most, records);
      if (!journal.status.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(journal.status)) << journal.status;
        ++harm.told;
      } else {
        harm.not_told += records < kRecords ? 1 : 0;
        EXPECT_TRUE(Append(storage, lease, records + 1, "goes on").ok());
      }
    }
    return harm;
  }

  static constexpr const char* kNames[] = {"spiked.db", "spiked.db-wal", "spiked.log0"};
  static constexpr size_t kLog = 2;
  size_t log_end_ = 0;
  TempDir dir_, copy_;
  FaultVfs vfs_;
  std::vector<std::string> contents_;
};

TEST_F(DamagedLogTest, AChangedByteConcernsTheSessionThatWroteThereAndNoOther) {
  std::mt19937 random(7);
  int told = 0, not_told = 0;
  for (int k = 0; k < 40; ++k) {
    const size_t place = random() % log_end_;
    SCOPED_TRACE(absl::StrCat("changed at ", place));
    const auto storage =
        Open(/*same_boot=*/true, [&](std::string& content) { content[place] ^= 0x10; });
    const Harm harm = HarmOf(*storage);
    EXPECT_LE(harm.told + harm.not_told, 1);
    told += harm.told;
    not_told += harm.not_told;
    ExpectNewOnesUnharmed(*storage);
    if (HasFailure()) return;
  }
  // Of nobody's last record it can be told.
  EXPECT_GT(told, 30);
  EXPECT_LT(not_told, 5);
}

TEST_F(DamagedLogTest, ADamagedPageLeavesTheOthersAsTheyAre) {
  std::mt19937 random(8);
  int told = 0, few = 0;
  for (int k = 0; k < 20; ++k) {
    const size_t place = random() % (log_end_ / kPage - 5) * kPage;
    SCOPED_TRACE(absl::StrCat("without the page at ", place));
    const auto storage = Open(/*same_boot=*/true, [&](std::string& content) {
      content.replace(place, kPage, std::string(kPage, '\0'));
    });
    const Harm harm = HarmOf(*storage);
    EXPECT_EQ(harm.not_told, 0);
    // One record in five takes 2,800 bytes, one next to none: a page may have some of all.
    few += harm.told <= kSessions / 2 ? 1 : 0;
    told += harm.told;
    if (HasFailure()) return;
  }
  EXPECT_GT(told, 20);
  EXPECT_GT(few, 10);
}

TEST_F(DamagedLogTest, AfterALossOfPowerWhatIsMissingTakesBackItsSessionAndNoOther) {
  std::mt19937 random(9);
  int taken_back = 0;
  for (int k = 0; k < 40; ++k) {
    const size_t place = random() % log_end_;
    SCOPED_TRACE(absl::StrCat("changed at ", place));
    const auto storage =
        Open(/*same_boot=*/false, [&](std::string& content) { content[place] ^= 0x10; });
    const Harm harm = HarmOf(*storage);
    EXPECT_EQ(harm.told, 0);
    EXPECT_LE(harm.not_told, 1);
    taken_back += harm.not_told;
    if (HasFailure()) return;
  }
  EXPECT_GT(taken_back, 30);
}

TEST_F(DamagedLogTest, ALogThatIsCutTakesBackWhatCameLastAndNoMore) {
  size_t lost = 0;
  for (size_t place = 0; place < log_end_; place += 15'013) {
    for (const bool same_boot : {true, false}) {
      SCOPED_TRACE(absl::StrCat("cut at ", place));
      const auto storage = Open(same_boot, [&](std::string& content) { content.resize(place); });
      const Harm harm = HarmOf(*storage);
      EXPECT_EQ(harm.told, 0);
      EXPECT_LE(harm.most, harm.least + 1);
      lost += kRecords - harm.least;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(lost, 0u);
}

TEST(DamageTest, ADamagedPageOfJournalsHarmsNoSessionThatComesAfter) {
  TempDir dir;
  FaultVfs vfs;
  const SqliteOptions options{.folder = dir.path(), .vfs = vfs.name()};
  Fill(*MustOpen(options));
  const std::string path = dir.File("spiked.db");
  const std::string content = ReadFile(path);
  bool harmed = false;
  int pages = 0;
  for (size_t page = 1; page < content.size() / kPage; ++page) {
    // Of the table of journals: its leaves have records, its root leads to all of them.
    const absl::string_view bytes = absl::string_view(content).substr(page * kPage, kPage);
    if (bytes.find("xxxxx") == absl::string_view::npos) continue;
    if (++pages % 5 != 0 && page + 20 < content.size() / kPage) continue;
    SCOPED_TRACE(absl::StrCat("page ", page + 1));
    std::string damaged = content;
    damaged[page * kPage + 2000] ^= 0x10;
    Write(path, damaged);
    for (const int start : {1, 2}) {
      const auto storage = MustOpen(options);
      harmed |= CountDamaged(*storage) > 0;
      const std::string id = absl::StrCat("new", start);
      const Lease lease = *storage->Create(id, "", kClaim);
      EXPECT_TRUE(ReadJournal(*storage, lease).status.ok());
      for (int k = 1; k <= 20; ++k) {
        ASSERT_TRUE(Append(*storage, lease, k, absl::StrCat(id, "/", k)).ok());
        if (k == 10) storage->Tidy();
      }
      storage->Tidy();
      for (const char* const name : {"new1", "new2"}) {
        const auto again = storage->Take(name, kClaim);
        if (start == 1 && absl::IsNotFound(again.status())) continue;
        const Journal journal = ReadJournal(*storage, *again);
        EXPECT_TRUE(journal.status.ok()) << journal.status;
        EXPECT_EQ(journal.records.size(), 20u);
        EXPECT_EQ((*storage->Last(name))->record, absl::StrCat(name, "/20"));
        EXPECT_EQ(journal.records.back(), absl::StrCat(name, "/20"));
      }
    }
    if (HasFailure()) return;
  }
  EXPECT_TRUE(harmed);
}

TEST(DamageTest, WithoutItsFirstPageTheDatabaseIsMadeAnewOfAllTheOthers) {
  for (const char byte : {'x', '\0'}) {
    TempDir dir;
    const SqliteOptions options{.folder = dir.path()};
    FillAndDelete(*MustOpen(options));
    const std::string path = dir.File("spiked.db");
    const std::string content = ReadFile(path);
    Write(path, std::string(kPage, byte) + content.substr(kPage));
    for (int start = 0; start < 2; ++start) {
      const auto storage = MustOpen(options);
      EXPECT_EQ(CountDamaged(*storage), 0);
      EXPECT_EQ(storage->Remembered()->size(), start == 0 ? 1u : 2u);
      ExpectNewOnesUnharmed(*storage);
    }
    EXPECT_EQ(ReadFile(dir.File("spiked.db.damaged")).substr(kPage), content.substr(kPage));
  }
}

TEST(DamageTest, WhatIsNotTheDatabaseThatWasThereIsRefusedAndKept) {
  const auto refused = [](const TempDir& dir, const std::string& content) {
    Write(dir.File("spiked.db"), content);
    const auto storage = SqliteStorage::Open({.folder = dir.path()});
    EXPECT_TRUE(absl::IsDataLoss(storage.status())) << storage.status();
    EXPECT_THAT(storage.status().message(), ::testing::HasSubstr(dir.File("spiked.db")));
    EXPECT_THAT(storage.status().message(), ::testing::HasSubstr("put a copy of"));
    EXPECT_EQ(ReadFile(dir.File("spiked.db")), content);
    EXPECT_FALSE(std::filesystem::exists(dir.File("spiked.db.new")));
  };
  const std::string other(300'000, 'x');
  const TempDir dir;
  refused(dir, other);
  const TempDir with_tables;
  Fill(*MustOpen({.folder = with_tables.path()}));
  const std::string content = ReadFile(with_tables.File("spiked.db"));
  refused(with_tables, other);
  // Nor is it known where the tables are if what tells that is damaged.
  std::string tables = ReadFile(with_tables.File("spiked.tables"));
  tables[tables.find("chunks") + 7] ^= 1;
  Write(with_tables.File("spiked.tables"), tables);
  refused(with_tables, std::string(kPage, 'x') + content.substr(kPage));
}

}  // namespace
}  // namespace spiked::storage
