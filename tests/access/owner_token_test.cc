#include "server/access/owner_token.h"

#include <sys/stat.h>

#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/access/private_file.h"
#include "tests/support/temp_dir.h"

namespace spiked::access {
namespace {

using ::testing::HasSubstr;
using testing::TempDir;

TEST(OwnerTokenTest, IsDrawnOnceAndKept) {
  const TempDir dir;
  const std::string path = dir.File("state/spiked/token");
  const auto drawn = TokenInFile(path);
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  EXPECT_TRUE(IsToken(*drawn));
  EXPECT_EQ(*TokenInFile(path), *drawn);
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(OwnerTokenTest, MayBeOnesOwnIfNobodyCanGuessIt) {
  const TempDir dir;
  const std::string path = dir.File("token");
  ASSERT_TRUE(WritePrivateFile(path, "0123456789abcdef0123456789abcdef\n").ok());
  EXPECT_EQ(*TokenInFile(path), "0123456789abcdef0123456789abcdef");
  for (const char* bad : {"", "secret", "0123456789abcdef 0123456789abcdef"}) {
    ASSERT_TRUE(WritePrivateFile(path, bad).ok());
    EXPECT_THAT(std::string(TokenInFile(path).status().message()), HasSubstr("holds no token"));
  }
}

TEST(OwnerTokenTest, ThatOthersCanReadIsRefused) {
  const TempDir dir;
  const std::string path = dir.File("token");
  ASSERT_TRUE(TokenInFile(path).ok());
  chmod(path.c_str(), 0640);
  EXPECT_EQ(TokenInFile(path).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(OwnerTokenTest, FilesAreInTheStateFolder) {
  setenv("HOME", "/home/anna", 1);
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(DefaultTokenFile(), "/state/spiked/token");
  unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(DefaultTokenFile(), "/home/anna/.local/state/spiked/token");
  EXPECT_EQ(DefaultAccountsFile(), "/home/anna/.local/state/spiked/accounts.json");
  unsetenv("HOME");
  EXPECT_EQ(DefaultTokenFile(), "");
}

}  // namespace
}  // namespace spiked::access
