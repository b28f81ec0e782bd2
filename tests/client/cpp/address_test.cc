#include "client/cpp/address.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace spiked::client {
namespace {

class DefaultAddressTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("SPIKED_SERVER");
    unsetenv("XDG_RUNTIME_DIR");
  }
};

TEST_F(DefaultAddressTest, IsTheVariableIfSet) {
  setenv("SPIKED_SERVER", "lab:50051", 1);
  setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  EXPECT_EQ(DefaultAddress(), "lab:50051");
}

TEST_F(DefaultAddressTest, IsASocketInTheRuntimeDirectory) {
  setenv("SPIKED_SERVER", "", 1);
  setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  EXPECT_EQ(DefaultAddress(), "unix:/run/user/7/spiked.sock");
}

TEST_F(DefaultAddressTest, IsASocketOfTheUserWithoutARuntimeDirectory) {
  setenv("XDG_RUNTIME_DIR", "", 1);
  EXPECT_EQ(DefaultAddress(), "unix:/tmp/spiked-" + std::to_string(getuid()) + "/spiked.sock");
}

class DefaultTokenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("SPIKED_TOKEN");
    unsetenv("SPIKED_TOKEN_FILE");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", dir_.path().c_str(), 1);
    mkdir(dir_.File(".local").c_str(), 0700);
    mkdir(dir_.File(".local/state").c_str(), 0700);
    mkdir(dir_.File(".local/state/spiked").c_str(), 0700);
    std::ofstream(dir_.File(".local/state/spiked/token")) << "mine\n";
  }

  testing::TempDir dir_;
};

TEST_F(DefaultTokenTest, IsThatOfOnesOwnServerOnThisMachineAlone) {
  for (const char* address : {"127.0.0.1:50051", "localhost:1", "[::1]:7"}) {
    EXPECT_EQ(DefaultToken(address), "mine") << address;
  }
  for (const char* address : {"lab:50051", "127x.example:1", "192.0.2.1:1", "unix:/run/x"}) {
    EXPECT_EQ(DefaultToken(address), "") << address;
  }
}

TEST_F(DefaultTokenTest, IsTheVariableIfSet) {
  setenv("SPIKED_TOKEN", "given", 1);
  EXPECT_EQ(DefaultToken("lab:50051"), "given");
  EXPECT_EQ(DefaultToken("127.0.0.1:1"), "given");
  EXPECT_EQ(DefaultToken("unix:/run/x"), "") << "one's own socket takes none";
}

TEST_F(DefaultTokenTest, MayBeInAnotherFile) {
  std::ofstream(dir_.File("other")) << "other";
  setenv("SPIKED_TOKEN_FILE", dir_.File("other").c_str(), 1);
  EXPECT_EQ(DefaultToken("127.0.0.1:1"), "other");
  setenv("SPIKED_TOKEN_FILE", dir_.File("none").c_str(), 1);
  EXPECT_EQ(DefaultToken("127.0.0.1:1"), "");
}

}  // namespace
}  // namespace spiked::client
