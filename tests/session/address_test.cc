#include "server/session/address.h"

#include <string>

#include "gtest/gtest.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

TEST(AddressTest, SessionIdsAreShortNamesOfSafeCharacters) {
  for (const std::string& id :
       {std::string("a"), std::string("0"), std::string("A-b_c.9"), std::string(63, 'x')}) {
    EXPECT_TRUE(IsSessionId(id)) << id;
    const std::string name = SessionName(id);
    EXPECT_EQ(*SessionIdOf(name), id);
  }
  for (const std::string& id :
       {std::string(), std::string("-a"), std::string(".."), std::string("a/b"), std::string("a b"),
        std::string("\xC3\xA4"), std::string("a\0b", 3), std::string(64, 'x')}) {
    EXPECT_FALSE(IsSessionId(id)) << id;
    EXPECT_EQ(engine::FieldOf(SessionIdOf("sessions/" + id).status()), "session");
  }
}

TEST(AddressTest, SessionNamesHaveTheirCollection) {
  for (const char* name : {"", "a", "/a", "session/a", "sessions/", "sessions", "Sessions/a"}) {
    EXPECT_EQ(SessionIdOf(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(AddressTest, NetworkNamesBeginWithALetter) {
  EXPECT_TRUE(IsNetworkName("n"));
  EXPECT_TRUE(IsNetworkName("N1-_." + std::string(59, 'x')));
  for (const std::string& name : {std::string(), std::string("1n"), std::string("_n"),
                                  std::string("n/m"), std::string(65, 'n')}) {
    EXPECT_FALSE(IsNetworkName(name)) << name;
  }
}

}  // namespace
}  // namespace spiked::session
