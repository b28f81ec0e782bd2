#include "client/cpp/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "absl/time/clock.h"

namespace spiked::client {
namespace {

using testing::HasSubstr;

std::string SocketPath(const char* name) { return testing::TempDir() + name; }

TEST(ClientTest, NamesTheAddressAtWhichNobodyListens) {
  const std::string address = "unix:" + SocketPath("nobody.sock");
  const absl::Time begin = absl::Now();
  const auto client = Client::Connect(address, absl::Milliseconds(200));
  EXPECT_TRUE(absl::IsUnavailable(client.status())) << client.status();
  EXPECT_THAT(std::string(client.status().message()), HasSubstr(address));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
}

TEST(ClientTest, GivesUpOnAServerThatSaysNothing) {
  const std::string path = SocketPath("silent.sock");
  unlink(path.c_str());
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(name.sun_path));
  std::strcpy(name.sun_path, path.c_str());
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(listener, 8), 0);

  const absl::Time begin = absl::Now();
  const auto client = Client::Connect("unix:" + path, absl::Milliseconds(300));
  EXPECT_FALSE(client.ok());
  EXPECT_THAT(std::string(client.status().message()), HasSubstr(path));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  close(listener);
  unlink(path.c_str());
}

TEST(ClientTest, RefusesAnEmptyAddress) {
  EXPECT_TRUE(absl::IsInvalidArgument(Client::Connect("").status()));
}

}  // namespace
}  // namespace spiked::client
