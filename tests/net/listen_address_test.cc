#include "server/net/listen_address.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace spiked::net {
namespace {

TEST(ListenAddressTest, KnowsSocketsAndPorts) {
  for (const char* text : {"unix:/run/x.sock", "unix:x.sock", "127.0.0.1:0", "localhost:50051",
                           "[::1]:65535", "0.0.0.0:1", "host.example:80"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(ParseListenAddress("unix:///run/x.sock")->path, "/run/x.sock");
}

TEST(ListenAddressTest, RefusesEverythingElse) {
  for (const std::string& text :
       {std::string(), std::string("localhost"), std::string(":50051"), std::string("host:"),
        std::string("host:65536"), std::string("host:-1"), std::string("host:x"),
        std::string("::1:50051"), std::string("[::1]"), std::string("[]:1"), std::string("unix:"),
        std::string("dns:///host:1"), std::string("http://host:1"),
        "unix:/" + std::string(107, 'x')}) {
    EXPECT_EQ(ParseListenAddress(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ListenAddressTest, TellsWhatOtherMachinesCanReach) {
  for (const char* text : {"unix:/x", "127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(ParseListenAddress(text)->IsLocal()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "192.168.0.1:1", "host:1", "128.0.0.1:1",
                           "localhost.evil.example:1", "[::ffff:192.168.0.1]:1"}) {
    EXPECT_FALSE(ParseListenAddress(text)->IsLocal()) << text;
  }
}

TEST(DefaultListenAddressTest, IsASocketInTheRuntimeDirectory) {
  const testing::TempDir dir;
  setenv("XDG_RUNTIME_DIR", dir.path().c_str(), 1);
  const auto address = DefaultListenAddress();
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->path, dir.File("spiked.sock"));
}

TEST(DefaultListenAddressTest, WithoutRuntimeDirectoryTheSocketIsInAPrivateOne) {
  setenv("XDG_RUNTIME_DIR", "", 1);
  const auto address = DefaultListenAddress();
  ASSERT_TRUE(address.ok()) << address.status();
  const std::string directory = "/tmp/spiked-" + std::to_string(geteuid());
  EXPECT_EQ(address->path, directory + "/spiked.sock");
  struct stat info;
  ASSERT_EQ(stat(directory.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

}  // namespace
}  // namespace spiked::net
