#include "server/access/private_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace spiked::access {
namespace {

using ::testing::HasSubstr;
using testing::TempDir;

class PrivateFileTest : public ::testing::Test {
 protected:
  mode_t ModeOf(const std::string& path) {
    struct stat info;
    EXPECT_EQ(lstat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }
  std::string WhyNot(Readers readers) {
    const auto read = ReadPrivateFile(path_, readers);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kFailedPrecondition);
    return std::string(read.status().message());
  }

  TempDir dir_;
  const std::string path_ = dir_.File("file");
};

TEST_F(PrivateFileTest, WhatIsWrittenCanBeReadByNobodyElse) {
  umask(0);
  ASSERT_TRUE(WritePrivateFile(path_, "one").ok());
  EXPECT_EQ(ModeOf(path_), 0600u);
  ASSERT_TRUE(WritePrivateFile(path_, std::string("t\0o", 3)).ok());
  EXPECT_EQ(*ReadPrivateFile(path_, Readers::kOwner), std::string("t\0o", 3));
  EXPECT_EQ(ModeOf(path_), 0600u);
  umask(022);
}

TEST_F(PrivateFileTest, LeavesNothingBehind) {
  ASSERT_TRUE(WritePrivateFile(path_, "one").ok());
  EXPECT_FALSE(WritePrivateFile(dir_.File("none/file"), "one").ok());
  std::filesystem::create_directory(dir_.File("folder"));
  EXPECT_FALSE(WritePrivateFile(dir_.File("folder"), "one").ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("file", "folder"));
}

TEST_F(PrivateFileTest, ALinkIsReplacedAndNotFollowed) {
  const std::string target = dir_.File("target");
  ASSERT_TRUE(WritePrivateFile(target, "target").ok());
  ASSERT_EQ(symlink(target.c_str(), path_.c_str()), 0);
  EXPECT_THAT(WhyNot(Readers::kAll), HasSubstr("is a link"));
  ASSERT_TRUE(WritePrivateFile(path_, "mine").ok());
  EXPECT_EQ(*ReadPrivateFile(target, Readers::kOwner), "target");
  EXPECT_EQ(*ReadPrivateFile(path_, Readers::kOwner), "mine");
}

TEST_F(PrivateFileTest, WhatOthersCanChangeOrReadIsRefused) {
  ASSERT_TRUE(WritePrivateFile(path_, "one").ok());
  chmod(path_.c_str(), 0644);
  EXPECT_EQ(*ReadPrivateFile(path_, Readers::kAll), "one");
  EXPECT_THAT(WhyNot(Readers::kOwner), HasSubstr("can be read by others"));
  chmod(path_.c_str(), 0620);
  EXPECT_THAT(WhyNot(Readers::kAll), HasSubstr("can be changed by others"));
}

TEST_F(PrivateFileTest, WhatIsNoFileIsRefused) {
  EXPECT_EQ(ReadPrivateFile(path_, Readers::kAll).status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(WhyNot(Readers::kAll), HasSubstr("is not a file"));
}

TEST_F(PrivateFileTest, FoldersAreMadePrivateAndLinksRefused) {
  const std::string inner = dir_.File("a/b/c");
  ASSERT_TRUE(MakePrivateFolder(inner).ok());
  EXPECT_EQ(ModeOf(inner), 0700u);
  EXPECT_TRUE(MakePrivateFolder(inner).ok());
  chmod(inner.c_str(), 0755);
  EXPECT_TRUE(MakePrivateFolder(inner).ok());
  EXPECT_EQ(ModeOf(inner), 0700u);
  ASSERT_EQ(symlink(inner.c_str(), path_.c_str()), 0);
  EXPECT_EQ(MakePrivateFolder(path_).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(PrivateFileTest, AWatchSeesEveryChange) {
  FileWatch watch(path_);
  EXPECT_FALSE(watch.Changed());
  ASSERT_TRUE(WritePrivateFile(path_, "one").ok());
  EXPECT_TRUE(watch.Changed());
  EXPECT_FALSE(watch.Changed());
  ASSERT_TRUE(WritePrivateFile(path_, "two").ok());
  EXPECT_TRUE(watch.Changed());
  unlink(path_.c_str());
  EXPECT_TRUE(watch.Changed());
  EXPECT_FALSE(watch.Changed());
}

}  // namespace
}  // namespace spiked::access
