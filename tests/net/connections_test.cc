#include "server/net/connections.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spiked::net {
namespace {

// Files enough for everybody, and few.
constexpr size_t kMany = 1 << 20, kFew = 16;

sockaddr_in AddressOf(uint32_t host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

// A client's connection, from 127.0.0.`host`, and the server's end of it.
class Link {
 public:
  Link(int listener, uint8_t host) {
    client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in from = AddressOf((127 << 24) + host, 0);
    EXPECT_EQ(bind(client_, reinterpret_cast<const sockaddr*>(&from), sizeof from), 0);
    sockaddr_in to{};
    socklen_t size = sizeof to;
    getsockname(listener, reinterpret_cast<sockaddr*>(&to), &size);
    EXPECT_EQ(connect(client_, reinterpret_cast<const sockaddr*>(&to), size), 0);
    server_ = accept(listener, nullptr, nullptr);
  }
  // Over a Unix socket.
  Link() {
    int both[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
    client_ = both[0];
    server_ = both[1];
  }
  Link(const Link&) = delete;
  ~Link() {
    close(client_);
    Serve();
  }

  int server() const { return server_; }
  std::string name() const { return PeerOf(server_).name; }
  // As whoever serves it does when it has been closed.
  void Serve() {
    if (server_ >= 0) close(server_);
    server_ = -1;
  }
  // Its client has been hung up on.
  bool closed() const {
    pollfd end{.fd = client_, .events = POLLRDHUP, .revents = 0};
    return poll(&end, 1, /*timeout=*/0) > 0;
  }

 private:
  int client_ = -1, server_ = -1;
};

class ConnectionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in any = AddressOf(INADDR_LOOPBACK, 0);
    ASSERT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    ASSERT_EQ(listen(listener_, 16), 0);
  }
  void TearDown() override { close(listener_); }

  // One comes while there are many files.
  Link& Come(uint8_t host) {
    Link& link = links_.emplace_back(listener_, host);
    connections_.Enter(link.server(), kMany);
    return link;
  }
  // One comes when there are no more, upon which another one is to go.
  Link& ComeLate(uint8_t host) {
    connections_.MakeRoom(kFew);
    return Come(host);
  }
  void Know(const Link& link, bool busy) {
    connections_.Welcome(link.name());
    connections_.SetBusy(link.server(), busy);
  }

  int listener_ = -1;
  std::list<Link> links_;
  Connections connections_;
};

TEST_F(ConnectionsTest, TheOldestOfWhoHasMostMakesRoom) {
  Link &other = Come(1), &first = Come(2), &second = Come(2), &third = Come(2);
  EXPECT_FALSE(first.closed()) << "there are many files";
  Link& late = ComeLate(3);
  EXPECT_TRUE(first.closed());
  for (const Link* stays : {&other, &second, &third, &late}) EXPECT_FALSE(stays->closed());
  // The file will be there in a moment.
  ComeLate(3);
  EXPECT_FALSE(second.closed());
  first.Serve();
  ComeLate(3);
  EXPECT_NE(second.closed(), late.closed()) << "of either there are most";
  EXPECT_FALSE(third.closed());
  EXPECT_FALSE(other.closed());
}

TEST_F(ConnectionsTest, WhileThereAreSomeFilesOnlyThoseGoThatHaveShownNothing) {
  Link &known = Come(1), &unknown = Come(2);
  Know(known, false);
  for (int k = 0; k < 2; ++k) {
    Link& link = links_.emplace_back(listener_, uint8_t{3});
    connections_.Enter(link.server(), static_cast<size_t>(link.server()) + 2);
    EXPECT_TRUE(unknown.closed());
    EXPECT_FALSE(link.closed());
    Know(link, false);
  }
  EXPECT_FALSE(known.closed());
}

TEST_F(ConnectionsTest, WhoHasShownWhoTheyAreStays) {
  Link &known = Come(2), &busy = Come(2), &unknown = Come(1);
  Know(known, false);
  Know(busy, true);
  ComeLate(3);
  EXPECT_TRUE(unknown.closed());
  unknown.Serve();
  // Where all have, those go that do nothing.
  Know(links_.back(), true);
  Know(ComeLate(3), true);
  EXPECT_TRUE(known.closed());
  EXPECT_FALSE(busy.closed());
}

TEST_F(ConnectionsTest, OfThoseWithCallsOnlyWhoHasMostOfAllMakesRoom) {
  Link &one = Come(1), &another = Come(2);
  Know(one, true);
  Know(another, true);
  ComeLate(3);
  EXPECT_FALSE(one.closed());
  EXPECT_FALSE(another.closed());
  Know(links_.back(), true);
  Link& more = Come(1);
  Know(more, true);
  Know(Come(1), true);
  Know(Come(1), true);
  ComeLate(4);
  EXPECT_TRUE(one.closed());
  EXPECT_FALSE(more.closed());
  EXPECT_FALSE(another.closed());
}

TEST_F(ConnectionsTest, OverAUnixSocketACallShowsWhoOneIs) {
  Link one, another;
  for (const Link* link : {&one, &another}) connections_.Enter(link->server(), kMany);
  EXPECT_EQ(PeerOf(one.server()).group, absl::StrCat("process ", getpid(), " of user ", getuid()));
  connections_.SetBusy(one.server(), true);
  connections_.SetBusy(one.server(), false);
  ComeLate(1);
  EXPECT_TRUE(another.closed());
  EXPECT_FALSE(one.closed());
}

TEST_F(ConnectionsTest, WhatHasEndedCountsNoMore) {
  Link& unknown = Come(1);
  for (int k = 0; k < 5; ++k) Come(2).Serve();
  ComeLate(3);
  EXPECT_TRUE(unknown.closed());
}

TEST(PeerTest, TellsMachinesApart) {
  const int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) GTEST_SKIP() << "there is no IPv6";
  const int off = 0;
  setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  socklen_t size = sizeof any;
  getsockname(listener, reinterpret_cast<sockaddr*>(&any), &size);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to = AddressOf(INADDR_LOOPBACK, ntohs(any.sin6_port));
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  const int server = accept(listener, nullptr, nullptr);
  sockaddr_in from{};
  size = sizeof from;
  getsockname(client, reinterpret_cast<sockaddr*>(&from), &size);
  EXPECT_EQ(PeerOf(server).name, absl::StrCat("127.0.0.1:", ntohs(from.sin_port)));
  EXPECT_EQ(PeerOf(server).group, "127.0.0.1");
  for (const int fd : {listener, client, server}) close(fd);
}

}  // namespace
}  // namespace spiked::net
