#include "client/cpp/address.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace spiked::client {
namespace {

class DefaultAddressTest : public testing::Test {
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

}  // namespace
}  // namespace spiked::client
