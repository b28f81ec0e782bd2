#include "server/net/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace spiked::net {
namespace {

// An acceptor on an address that keeps the connections that it is handed.
class Listening {
 public:
  explicit Listening(const std::string& address) : address_(*ParseListenAddress(address)) {
    status_ = acceptor_.Listen(address_);
    if (!status_.ok()) return;
    status_ = acceptor_.Start([this](int fd, bool /*tcp*/) {
      std::lock_guard lock(mutex_);
      connections_.push_back(fd);
      changed_.notify_all();
    });
  }
  ~Listening() {
    acceptor_.Stop();
    for (const int fd : connections_) close(fd);
  }

  const absl::Status& status() const { return status_; }
  const ListenAddress& address() const { return address_; }
  void Stop() { acceptor_.Stop(); }
  // The first connection that has come.
  int connection() const { return connections_.front(); }
  // Waits until so many connections have come.
  bool Await(size_t connections) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60),
                             [&] { return connections_.size() >= connections; });
  }

 private:
  ListenAddress address_;
  absl::Status status_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> connections_;
  Acceptor acceptor_;
};

// A connection to the address; -1 if there is none.
int Connect(const ListenAddress& address) {
  sockaddr_storage storage{};
  if (address.path.empty()) {
    auto& in = reinterpret_cast<sockaddr_in&>(storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<uint16_t>(address.port));
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  } else {
    auto& un = reinterpret_cast<sockaddr_un&>(storage);
    un.sun_family = AF_UNIX;
    std::ranges::copy(address.path, un.sun_path);
  }
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const socklen_t size = address.path.empty() ? sizeof(sockaddr_in) : sizeof(sockaddr_un);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0) return fd;
  close(fd);
  return -1;
}

bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

TEST(AcceptorTest, HandsOutConnectionsToASocketOfItsOwnersAlone) {
  const testing::TempDir dir;
  const std::string path = dir.File("socket");
  Listening listening("unix:" + path);
  ASSERT_TRUE(listening.status().ok()) << listening.status();
  struct stat info;
  ASSERT_EQ(lstat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const int one = Connect(listening.address()), other = Connect(listening.address());
  EXPECT_TRUE(listening.Await(2));
  close(one);
  close(other);
  listening.Stop();
  EXPECT_FALSE(Exists(path));
}

TEST(AcceptorTest, FillsInThePortThatItWasGiven) {
  for (const char* address : {"127.0.0.1:0", "localhost:0", "[::]:0", "0.0.0.0:0"}) {
    Listening listening(address);
    ASSERT_TRUE(listening.status().ok()) << address << ": " << listening.status();
    EXPECT_GT(listening.address().port, 0);
    const int fd = Connect(listening.address());
    EXPECT_TRUE(listening.Await(1)) << address;
    close(fd);
    Listening second(absl::StrCat("127.0.0.1:", listening.address().port));
    EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable) << address;
  }
}

TEST(AcceptorTest, AsksSilentConnectionsWithinSecondsWhetherTheirMachinesAreThere) {
  Listening listening("127.0.0.1:0");
  ASSERT_TRUE(listening.status().ok());
  const int fd = Connect(listening.address());
  ASSERT_TRUE(listening.Await(1));
  const auto option = [&](int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(listening.connection(), level, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_LE(option(IPPROTO_TCP, TCP_KEEPIDLE) +
                option(IPPROTO_TCP, TCP_KEEPCNT) * option(IPPROTO_TCP, TCP_KEEPINTVL),
            15);
  close(fd);
}

TEST(AcceptorTest, RemovesNoSocketThatIsNotItsOwn) {
  const testing::TempDir dir;
  const std::string path = dir.File("socket");
  Listening first("unix:" + path);
  ASSERT_EQ(unlink(path.c_str()), 0);
  Listening second("unix:" + path);
  ASSERT_TRUE(second.status().ok());
  first.Stop();
  EXPECT_TRUE(Exists(path));
  const int fd = Connect(second.address());
  EXPECT_TRUE(second.Await(1));
  close(fd);
}

TEST(AcceptorTest, GoesOnWhenThereAreFileDescriptorsAgain) {
  const testing::TempDir dir;
  Listening listening("unix:" + dir.File("socket"));
  ASSERT_TRUE(listening.status().ok());
  // No new file can be opened but by those who have one already.
  const int last = dup(0);
  close(last);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(last) + 2;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const int refused = Connect(listening.address());
  ASSERT_GE(refused, 0);
  // It has been closed at once, without being handed out.
  char byte;
  EXPECT_EQ(read(refused, &byte, 1), 0);
  // And here there are none at all.
  std::vector<int> taken;
  for (int fd = dup(0); fd >= 0; fd = dup(0)) taken.push_back(fd);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  const int served = Connect(listening.address());
  EXPECT_TRUE(listening.Await(1));
  for (const int fd : taken) close(fd);
  close(refused);
  close(served);
}

}  // namespace
}  // namespace spiked::net
