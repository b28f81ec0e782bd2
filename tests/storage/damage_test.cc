// Bytes that change on the disk.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

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

// How many sessions have lost something; what they still say must be right.
int CountDamaged(Storage& storage) {
  int damaged = 0;
  for (int s = 0; s < kSessions; ++s) {
    bool whole = true;
    const auto header = storage.Header(IdOf(s));
    const auto lease = storage.Take(IdOf(s), kClaim);
    if (!header.ok() || !lease.ok()) {
      for (const absl::Status& status : {header.status(), lease.status()}) {
        EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
      }
      ++damaged;
      continue;
    }
    EXPECT_EQ(*header, IdOf(s));
    const auto snapshot = GetSnapshot(storage, *lease, "s");
    if (snapshot.ok()) {
      EXPECT_EQ(*snapshot, SnapshotOf(s));
    } else {
      EXPECT_TRUE(absl::IsDataLoss(snapshot.status())) << snapshot.status();
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
  Fill(*MustOpen(options));
  const std::string path = dir.File("spiked.db");
  const std::string content = ReadFile(path);
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
      std::filesystem::remove(dir.File("spiked.db-wal"));
      const auto storage = SqliteStorage::Open(options);
      if (!storage.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(storage.status())) << storage.status();
        continue;
      }
      others_unharmed += CountDamaged(**storage) <= 2 ? 1 : 0;
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

TEST(DamageTest, ALogThatIsCutOrChangedTakesBackWhatCameLastAndNoMore) {
  // As it is after a kill, in the midst of a generation.
  TempDir dir, copy;
  FaultVfs vfs;
  const auto filled = MustOpen({.folder = dir.path(), .vfs = vfs.name(), .log_bytes = 150'000});
  Fill(*filled);
  const std::vector<std::string> names = {"spiked.db", "spiked.db-wal", "spiked.log0",
                                          "spiked.log1"};
  std::vector<std::string> contents;
  for (const std::string& name : names) contents.push_back(ReadFile(dir.File(name)));
  ASSERT_GT(contents[2].size() + contents[3].size(), 300'000u);

  size_t lost = 0;
  for (const size_t file : {2, 3}) {
    for (size_t place = 0; place < contents[file].size(); place += 15'013) {
      for (const bool cut : {true, false}) {
        SCOPED_TRACE(absl::StrCat(names[file], cut ? " cut at " : " changed at ", place));
        for (size_t k = 0; k < names.size(); ++k) {
          std::string content = contents[k];
          if (k == file && cut) content.resize(place);
          if (k == file && !cut) content[place] ^= 0x10;
          Write(copy.File(names[k]), content);
        }
        std::filesystem::remove(copy.File("spiked.db-shm"));
        const auto storage =
            SqliteStorage::Open({.folder = copy.path(), .vfs = vfs.name(), .log_bytes = 150'000});
        ASSERT_TRUE(storage.ok()) << storage.status();
        size_t least = kRecords, most = 0;
        for (int s = 0; s < kSessions; ++s) {
          const Lease lease = *(*storage)->Take(IdOf(s), kClaim);
          const Journal journal = ReadJournal(**storage, lease);
          EXPECT_TRUE(journal.status.ok()) << journal.status;
          for (size_t k = 0; k < journal.records.size(); ++k) {
            EXPECT_EQ(journal.records[k], RecordAt(s, static_cast<int>(k) + 1));
          }
          least = std::min(least, journal.records.size());
          most = std::max(most, journal.records.size());
          EXPECT_TRUE(Append(**storage, lease, journal.records.size() + 1, "goes on").ok());
        }
        EXPECT_LE(most, least + 1);
        lost += kRecords - least;
      }
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

TEST(DamageTest, AFileThatIsNoDatabaseIsRefusedAndKept) {
  TempDir dir;
  const std::string content(10'000, 'x');
  Write(dir.File("spiked.db"), content);
  const auto storage = SqliteStorage::Open({.folder = dir.path()});
  EXPECT_TRUE(absl::IsDataLoss(storage.status())) << storage.status();
  EXPECT_THAT(storage.status().message(), ::testing::HasSubstr(dir.File("spiked.db")));
  EXPECT_EQ(ReadFile(dir.File("spiked.db")), content);
}

}  // namespace
}  // namespace spiked::storage
