#include "server/access/token.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spiked::access {
namespace {

using ::testing::MatchesRegex;

TEST(TokenTest, NoTwoAreTheSameAndAllHaveOneForm) {
  const NewToken one = DrawToken(), other = DrawToken();
  EXPECT_THAT(one.text, MatchesRegex("spiked_[0-9a-f]{12}_[-_A-Za-z0-9]{43}"));
  EXPECT_NE(one.text, other.text);
  EXPECT_NE(one.id, other.id);
  EXPECT_EQ(TokenIdOf(one.text), one.id);
  EXPECT_TRUE(IsTokenId(one.id));
}

TEST(TokenTest, WhatHasNotTheFormHasNoId) {
  for (const char* text : {"", "spiked_", "spiked_0123456789ab", "spiked_0123456789abXsecret",
                           "other_0123456789ab_secret"}) {
    EXPECT_EQ(TokenIdOf(text), std::nullopt) << text;
  }
  EXPECT_FALSE(IsTokenId("0123456789AB"));
  EXPECT_FALSE(IsTokenId("0123456789a"));
}

TEST(TokenTest, HashesAreSha256) {
  // FIPS 180-2, B.1.
  const std::string hash = HashOf("abc");
  EXPECT_EQ(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(IsTokenHash(hash));
  EXPECT_TRUE(SameHash(hash, HashOf("abc")));
  EXPECT_FALSE(SameHash(hash, HashOf("abd")));
  EXPECT_FALSE(SameHash(hash, ""));
}

}  // namespace
}  // namespace spiked::access
