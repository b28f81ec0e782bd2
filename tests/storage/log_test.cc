#include "server/storage/log.h"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/record.h"
#include "tests/storage/fault_vfs.h"
#include "tests/support/temp_dir.h"

namespace spiked::storage {
namespace {

using ::testing::ElementsAre;
using testing::FaultVfs;
using ::testing::IsEmpty;
using testing::TempDir;

class LogTest : public ::testing::Test {
 protected:
  LogTest() { Open(); }

  void Open() {
    log_ = nullptr;
    auto log = Log::Open(folder_, vfs_.name());
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  absl::Status Write(int64_t session, int64_t position, absl::string_view record) {
    return log_->Write({session, position, record});
  }

  // Its entries, whether it has ended, and whether something is missing.
  std::vector<std::string> Entries(int64_t generation) {
    std::vector<std::string> entries;
    const auto found = log_->Read(generation, [&](const Log::Entry& entry) {
      entries.push_back(absl::StrCat(entry.session, "/", entry.position, "/",
                                     entry.whole ? entry.record : "damaged"));
    });
    EXPECT_TRUE(found.ok()) << found.status();
    if (found.ok() && found->ended) entries.emplace_back("end");
    if (found.ok() && found->holes) entries.emplace_back("holes");
    return entries;
  }

  // Changes the generation's file, and opens it again.
  void Damage(int64_t generation, absl::FunctionRef<void(std::string& content)> change) {
    const std::string path = dir_.File(absl::StrCat("spiked.log", generation % 2));
    std::string content = testing::ReadFile(path);
    change(content);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    Open();
  }

  TempDir dir_;
  FaultVfs vfs_;
  Folder folder_ = *Folder::Lock(dir_.path());
  std::unique_ptr<Log> log_;
};

// What SQLite is told to open, to sync the folder that a file is in.
std::string& FileInFolder() {
  static std::string file;
  return file;
}

int OpenNoFolder(const char* file, int* /*folder*/) {
  FileInFolder() = file;
  return SQLITE_CANTOPEN;  // then it is left alone
}

TEST(Log, TheEntryOfItsFileInTheFolderIsSyncedWithIt) {
  const TempDir dir;
  const Folder folder = *Folder::Lock(dir.path());
  const auto log = Log::Open(folder, /*vfs=*/"");
  ASSERT_TRUE(log.ok()) << log.status();
  (*log)->Begin(1);
  ASSERT_TRUE((*log)->Write({1, 1, "record"}).ok());
  sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
  files->xSetSystemCall(files, "openDirectory",
                        reinterpret_cast<sqlite3_syscall_ptr>(OpenNoFolder));
  const auto synced = (*log)->Sync();
  files->xSetSystemCall(files, "openDirectory", nullptr);
  EXPECT_TRUE(synced.ok()) << synced.status();
  EXPECT_EQ(FileInFolder(), dir.File("spiked.log1"));
}

TEST_F(LogTest, EntriesAreReadInOrderAfterItWasOpenedAgain) {
  EXPECT_THAT(Entries(1), IsEmpty());
  log_->Begin(1);
  ASSERT_TRUE(Write(7, 1, "a").ok());
  ASSERT_TRUE(Write(8, 1, "").ok());
  ASSERT_TRUE(Write(7, 2, std::string("\0\xff", 2)).ok());
  Open();
  EXPECT_THAT(Entries(1),
              ElementsAre("7/1/a", "8/1/", absl::StrCat("7/2/", std::string("\0\xff", 2))));
  EXPECT_THAT(Entries(2), IsEmpty());
  EXPECT_THAT(Entries(3), IsEmpty());
}

TEST_F(LogTest, AGenerationTakesThePlaceOfTheOneBeforeTheLast) {
  log_->Begin(1);
  for (int k = 1; k <= 3; ++k) ASSERT_TRUE(Write(1, k, "x").ok());
  ASSERT_TRUE(log_->End().ok());
  ASSERT_TRUE(Write(1, 4, "y").ok());
  ASSERT_TRUE(log_->End().ok());
  ASSERT_TRUE(Write(1, 5, "z").ok());
  Open();
  EXPECT_THAT(Entries(2), ElementsAre("1/4/y", "end"));
  EXPECT_THAT(Entries(3), ElementsAre("1/5/z"));
}

TEST_F(LogTest, WhatLiesBehindIsNotTakenForWhatFollows) {
  // Entries of the same size as the older ones whose places they take.
  log_->Begin(1);
  for (int k = 1; k <= 3; ++k) ASSERT_TRUE(Write(1, k, "x").ok());
  Open();
  log_->Begin(3);
  ASSERT_TRUE(Write(1, 9, "y").ok());
  EXPECT_THAT(Entries(3), ElementsAre("1/9/y"));
}

TEST_F(LogTest, AnEntryThatCouldNotBeWrittenIsNotThere) {
  log_->Begin(1);
  ASSERT_TRUE(Write(1, 1, "a").ok());
  vfs_.FailAfter(0, SQLITE_FULL);
  EXPECT_TRUE(absl::IsResourceExhausted(Write(1, 2, "b")));
  EXPECT_THAT(Entries(1), ElementsAre("1/1/a"));
  ASSERT_TRUE(Write(1, 2, "c").ok());
  EXPECT_THAT(Entries(1), ElementsAre("1/1/a", "1/2/c"));
}

TEST_F(LogTest, WhatComesAfterADamagedRecordIsThereAndItIsKnownWhichOneThatIs) {
  log_->Begin(1);
  for (int k = 1; k <= 3; ++k) ASSERT_TRUE(Write(k, 7, absl::StrCat("record ", k)).ok());
  const auto flip = [&](const char* record) {
    Damage(1, [&](std::string& content) { content[content.find(record) + 2] ^= 1; });
  };
  flip("record 2");
  EXPECT_THAT(Entries(1), ElementsAre("1/7/record 1", "2/7/damaged", "3/7/record 3", "holes"));
  // The last one may never have been acknowledged.
  flip("record 3");
  EXPECT_THAT(Entries(1), ElementsAre("1/7/record 1", "2/7/damaged", "holes"));
}

TEST_F(LogTest, WhateverIsDamagedTakesNothingElseAlong) {
  std::vector<std::string> records;
  for (int k = 0; k < 40; ++k) records.push_back(std::string(17 * k % 400, 'a' + k % 26));
  std::string whole;
  std::mt19937 random(1);
  log_->Begin(1);
  for (int k = 0; k < 40; ++k) ASSERT_TRUE(Write(k + 1, k + 1, records[k]).ok());
  ASSERT_TRUE(log_->End().ok());
  Damage(1, [&](std::string& content) { whole = content; });
  const size_t end = whole.find_last_not_of('\0');
  int holes = 0;
  for (int k = 0; k < 500; ++k) {
    // A bit, or a sector.
    const size_t place = random() % end;
    const size_t bytes = k % 2 == 0 ? 1 : 512;
    Damage(1, [&](std::string& content) {
      content = whole;
      for (size_t b = 0; b < bytes; ++b) content[place / bytes * bytes + b] ^= 0x55;
    });
    std::vector<std::string> entries = Entries(1);
    SCOPED_TRACE(absl::StrCat(bytes, " bytes at ", place));
    if (entries.back() == "holes") {
      entries.pop_back();
      ++holes;
    }
    if (entries.back() == "end") entries.pop_back();
    size_t there = 0;
    for (const std::string& entry : entries) {
      const std::vector<std::string> parts = absl::StrSplit(entry, '/');
      if (parts[2] == "damaged") continue;
      EXPECT_EQ(parts[2], records[std::stoul(parts[0]) - 1]);
      ++there;
    }
    size_t concerned = 0;  // at most
    for (size_t b = 0, from = 40; b < records.size(); ++b) {
      from += 40 + records[b].size();
      if (from >= place / bytes * bytes && from < place / bytes * bytes + bytes + 500) ++concerned;
    }
    EXPECT_GE(there + std::max<size_t>(concerned, 1), records.size());
    if (HasFailure()) return;
  }
  EXPECT_GT(holes, 300);
}

TEST_F(LogTest, TheNewestGenerationIsToldByItsFile) {
  bool with_older = true;
  EXPECT_EQ(log_->Newest(&with_older).value(), 0);
  log_->Begin(4);
  ASSERT_TRUE(Write(1, 1, "x").ok());
  Open();
  EXPECT_EQ(log_->Newest(&with_older).value(), 4);
  EXPECT_FALSE(with_older);
  log_->Begin(7);
  ASSERT_TRUE(Write(1, 2, "x").ok());
  EXPECT_EQ(log_->Newest(&with_older).value(), 7);
  EXPECT_FALSE(with_older);
  ASSERT_TRUE(log_->End().ok());
  EXPECT_EQ(log_->Newest(&with_older).value(), 7);
  ASSERT_TRUE(Write(1, 3, "y").ok());
  EXPECT_EQ(log_->Newest(&with_older).value(), 8);
  EXPECT_TRUE(with_older);
}

TEST_F(LogTest, TheFormOfServersBeforeIsRead) {
  std::string content;
  const auto bytes_of = [](const auto& value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const int64_t generation = 1;
  uint64_t chain = HashOf(bytes_of(generation));
  const auto add = [&](int64_t session, int64_t position, const std::string& record) {
    const std::string rest =
        bytes_of(uint64_t{record.size()}) + bytes_of(session) + bytes_of(position) + record;
    chain = PlaceOf(rest, chain);  // a hash that is seeded
    content += bytes_of(chain) + rest;
  };
  add(5, 1, "one");
  add(6, 1, "");
  add(5, 2, "two");
  const std::string open = content;
  add(0, 0, "");
  for (const bool ended : {false, true}) {
    Damage(1, [&](std::string& file) { file = (ended ? content : open) + std::string(100, '\0'); });
    std::vector<std::string> entries;
    const auto found = log_->ReadVersion2(1, [&](const Log::Entry& entry) {
      entries.push_back(absl::StrCat(entry.session, "/", entry.position, "/", entry.record));
    });
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->ended, ended);
    EXPECT_THAT(entries, ElementsAre("5/1/one", "6/1/", "5/2/two"));
  }
  EXPECT_THAT(Entries(1), IsEmpty());
}

TEST_F(LogTest, ItGrowsByMoreThanOneWrite) {
  log_->Begin(1);
  const std::string large(60'000, 'l');
  for (int k = 1; k <= 10; ++k) ASSERT_TRUE(Write(1, k, large).ok());
  Open();
  EXPECT_EQ(Entries(1).size(), 10u);
  EXPECT_EQ(Entries(1).back(), absl::StrCat("1/10/", large));
}

TEST_F(LogTest, OnlyWhatWasWrittenIsSynced) {
  log_->Begin(1);
  ASSERT_TRUE(Write(1, 1, "a").ok());
  EXPECT_EQ(log_->Sync().value(), 1);
  EXPECT_EQ(log_->Sync().value(), 0);
  ASSERT_TRUE(Write(1, 2, "a").ok());
  ASSERT_TRUE(log_->End().ok());
  ASSERT_TRUE(Write(1, 3, "a").ok());
  EXPECT_EQ(log_->Sync().value(), 2);
}

}  // namespace
}  // namespace spiked::storage
