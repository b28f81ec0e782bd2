#include "server/storage/log.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

  // Its entries, and whether it has ended.
  std::vector<std::string> Entries(int64_t generation) {
    std::vector<std::string> entries;
    const auto ended = log_->Read(generation, [&](const Log::Entry& entry) {
      entries.push_back(absl::StrCat(entry.session, "/", entry.position, "/", entry.record));
    });
    EXPECT_TRUE(ended.ok()) << ended.status();
    if (ended.value_or(false)) entries.emplace_back("end");
    return entries;
  }

  TempDir dir_;
  FaultVfs vfs_;
  Folder folder_ = *Folder::Lock(dir_.path());
  std::unique_ptr<Log> log_;
};

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
  EXPECT_THAT(Entries(1), IsEmpty());
  EXPECT_THAT(Entries(2), ElementsAre("1/4/y", "end"));
  EXPECT_THAT(Entries(3), ElementsAre("1/5/z"));
}

TEST_F(LogTest, WhatLiesBehindIsNotTakenForWhatFollows) {
  // Entries of the same size as the older ones whose places they take.
  log_->Begin(1);
  for (int k = 1; k <= 3; ++k) ASSERT_TRUE(Write(1, k, "x").ok());
  Open();
  log_->Begin(1);
  ASSERT_TRUE(Write(1, 9, "y").ok());
  EXPECT_THAT(Entries(1), ElementsAre("1/9/y"));
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
