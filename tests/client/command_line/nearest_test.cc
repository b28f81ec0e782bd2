#include "client/command_line/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spiked {
namespace {

const std::vector<std::string> kNames = {"--polls", "--players", "--plain", "--seed", "-h"};

TEST(NearestNameTest, IsASlipOfTheHandAway) {
  EXPECT_EQ(NearestName("--pols", kNames), "--polls");
  EXPECT_EQ(NearestName("--polss", kNames), "--polls");
  EXPECT_EQ(NearestName("--pools", kNames), "--polls");
  EXPECT_EQ(NearestName("--plyers", kNames), "--players");
  EXPECT_EQ(NearestName("--lpain", kNames), "--plain") << "two letters in the wrong order";
  EXPECT_EQ(NearestName("-seed", kNames), "--seed");
}

TEST(NearestNameTest, IsTheLeastDifferent) {
  EXPECT_EQ(NearestName("abcdefgh", {"abcdefxy", "abcdefgx", "abcdefyy"}), "abcdefgx");
}

TEST(NearestNameTest, IsNoneWhereNothingIsLike) {
  EXPECT_EQ(NearestName("--record", kNames), "");
  EXPECT_EQ(NearestName("-x", kNames), "") << "short words are all alike";
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName("--polls", {}), "");
}

}  // namespace
}  // namespace spiked
