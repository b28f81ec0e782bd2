#include "server/net/listen_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace spiked::net {
namespace {

// What is wrong with the address; empty if nothing is.
std::string Complaint(const std::string& address) {
  const absl::Status status = PrepareToListen(*ParseListenAddress(address));
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

// Takes root's powers from a test while it lives.
class Unprivileged {
 public:
  Unprivileged() {
    if (user_ == 0 && seteuid(kNobody) != 0) ADD_FAILURE() << std::strerror(errno);
  }
  ~Unprivileged() {
    if (user_ == 0 && seteuid(0) != 0) ADD_FAILURE() << std::strerror(errno);
  }

 private:
  static constexpr uid_t kNobody = 65534;
  const uid_t user_ = geteuid();
};

class ListenPathTest : public ::testing::Test {
 protected:
  // A socket on which somebody listens until it is closed.
  int Listen() {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path_.c_str());
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd, 1), 0);
    return fd;
  }
  std::string Complain() { return Complaint("unix:" + path_); }
  bool Exists() const { return access(path_.c_str(), F_OK) == 0; }

  testing::TempDir dir_;
  std::string path_ = dir_.File("s.sock");
};

TEST_F(ListenPathTest, AFreePathIsFineAndLeftAlone) {
  EXPECT_EQ(Complain(), "");
  EXPECT_FALSE(Exists());
}

TEST_F(ListenPathTest, ADeadSocketIsRemoved) {
  close(Listen());
  ASSERT_TRUE(Exists());
  EXPECT_EQ(Complain(), "");
  EXPECT_FALSE(Exists());
}

TEST_F(ListenPathTest, ALiveSocketStays) {
  const int fd = Listen();
  EXPECT_EQ(Complain(), "another server listens there");
  EXPECT_TRUE(Exists());
  close(fd);
}

TEST_F(ListenPathTest, AFileStays) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(Complain(), "there is something that is not a socket");
  EXPECT_TRUE(Exists());
}

TEST_F(ListenPathTest, AMissingFolderIsNamed) {
  path_ = dir_.File("none/s.sock");
  EXPECT_EQ(Complain(), "there is no folder " + dir_.File("none/"));
}

TEST_F(ListenPathTest, AFileInPlaceOfAFolderIsNamed) {
  std::ofstream(dir_.File("file")) << "x";
  path_ = dir_.File("file/s.sock");
  EXPECT_EQ(Complain(), dir_.File("file/") + " is not a folder");
}

TEST_F(ListenPathTest, AFolderWithoutPermissionIsNamed) {
  const std::string complaint = "no permission to make a socket in the folder " + dir_.path() + "/";
  ASSERT_EQ(chmod(dir_.path().c_str(), 0555), 0);  // may be looked into
  {
    const Unprivileged unprivileged;
    EXPECT_EQ(Complain(), complaint);
  }
  ASSERT_EQ(chmod(dir_.path().c_str(), 0), 0);  // may not
  {
    const Unprivileged unprivileged;
    EXPECT_EQ(Complain(), complaint);
  }
  ASSERT_EQ(chmod(dir_.path().c_str(), 0700), 0);
}

TEST_F(ListenPathTest, ASocketOfAnotherUserIsNotTaken) {
  const int fd = Listen();
  ASSERT_EQ(chmod(path_.c_str(), 0), 0);
  ASSERT_EQ(chmod(dir_.path().c_str(), 0777), 0);
  {
    const Unprivileged unprivileged;
    EXPECT_EQ(Complain(), "there is a socket of another user");
  }
  EXPECT_TRUE(Exists());
  close(fd);
}

// A port of loopback on which somebody listens while this lives.
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { close(fd_); }

  int port() const { return port_; }

 private:
  const int fd_;
  int port_;
};

TEST(ListenPortTest, AnyFreePortIsFine) {
  for (const char* address : {"127.0.0.1:0", "localhost:0", "0.0.0.0:0", "[::]:0"}) {
    EXPECT_EQ(Complaint(address), "") << address;
  }
}

TEST(ListenPortTest, APortInUseIsNamed) {
  const TakenPort taken;
  for (const char* host : {"127.0.0.1", "0.0.0.0"}) {
    EXPECT_EQ(Complaint(absl::StrCat(host, ":", taken.port())),
              absl::StrCat("port ", taken.port(), " is in use"));
  }
}

TEST(ListenPortTest, APortIsFreeAgainWhenNobodyListens) {
  int port;
  {
    const TakenPort taken;
    port = taken.port();
  }
  EXPECT_EQ(Complaint(absl::StrCat("127.0.0.1:", port)), "");
}

TEST(ListenPortTest, AnAddressOfAnotherMachineIsNamed) {
  // Of the block that is for documentation alone.
  EXPECT_EQ(Complaint("192.0.2.1:0"), "192.0.2.1 is not an address of this machine");
}

TEST(ListenPortTest, ANameThatNobodyHasIsNamed) {
  // The domain is reserved: no resolver knows any of its names.
  EXPECT_THAT(Complaint("spiked.invalid:0"),
              ::testing::StartsWith("the name spiked.invalid cannot be resolved: "));
}

TEST(ListenPortTest, APortWithoutPermissionIsNamed) {
  int first_free = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first_free;
  if (first_free < 2) GTEST_SKIP() << "here everybody may use every port";
  const Unprivileged unprivileged;
  EXPECT_EQ(Complaint("127.0.0.1:1"), "no permission to use port 1");
}

}  // namespace
}  // namespace spiked::net
