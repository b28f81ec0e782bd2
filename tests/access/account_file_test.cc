#include "server/access/account_file.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/access/token.h"

namespace spiked::access {
namespace {

using ::testing::HasSubstr;

constexpr char kText[] = R"({
  "accounts": [
    {
      "name": "anna",
      "role": "user",
      "weight": 2.5,
      "quotas": {
        "sessions": 3,
        "memory_bytes": 1000000
      },
      "tokens": [
        {
          "id": "0123456789ab",
          "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          "created": "2026-11-26T20:00:00Z",
          "expires": "2027-11-26T20:00:00Z",
          "note": "laptop"
        }
      ]
    },
    {
      "name": "dashboard",
      "role": "viewer",
      "weight": 1.0,
      "quotas": {},
      "tokens": []
    }
  ]
}
)";

TEST(AccountFileTest, WhatIsWrittenIsReadAgain) {
  const auto accounts = ParseAccounts(kText);
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  ASSERT_EQ(accounts->size(), 2u);
  const Account& anna = *accounts->at("anna");
  EXPECT_EQ(anna.role, Role::kUser);
  EXPECT_EQ(anna.weight, 2.5);
  EXPECT_EQ(anna.quotas.sessions, 3u);
  EXPECT_EQ(anna.quotas.memory_bytes, 1'000'000u);
  EXPECT_EQ(anna.quotas.neurons, std::nullopt);
  ASSERT_EQ(anna.tokens.size(), 1u);
  EXPECT_EQ(anna.tokens[0].hash, HashOf("abc"));
  EXPECT_EQ(anna.tokens[0].note, "laptop");
  EXPECT_EQ(anna.tokens[0].expire_time - anna.tokens[0].create_time, 365 * absl::Hours(24));
  EXPECT_EQ(accounts->at("dashboard")->role, Role::kViewer);
  EXPECT_EQ(ToText(*accounts), kText);
}

TEST(AccountFileTest, MostCanBeLeftOut) {
  const auto accounts = ParseAccounts(R"({"accounts": [{"name": "b@lab.org", "role": "admin"}]})");
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  EXPECT_EQ(accounts->at("b@lab.org")->weight, 1);
  EXPECT_TRUE(ParseAccounts(R"({"accounts": []})")->empty());
}

TEST(AccountFileTest, EveryMistakeIsNamed) {
  const struct {
    std::string text, with, complaint;
  } cases[] = {
      {R"("anna")", R"("../anna")", "accounts[0].name: must be a letter"},
      {R"("anna")", R"("owner")", "accounts[0].name: is that of the account of whoever"},
      {R"("anna")", R"("dashboard")", "accounts[1]: there are two accounts 'dashboard'"},
      {R"("anna")", "7", "accounts[0].name: must be a text"},
      {R"("role": "user",)", "", "accounts[0]: has no role"},
      {R"("user")", R"("root")", "accounts[0].role: must be viewer, user or admin"},
      {"2.5", "0", "accounts[0].weight: must be a number from 0.01 to 100"},
      {"2.5", R"("2")", "accounts[0].weight: must be a number"},
      {R"("sessions": 3)", R"("sessions": -3)", "accounts[0].quotas.sessions: must be a whole"},
      {R"("sessions": 3)", R"("sesions": 3)", "accounts[0].quotas.sesions: is unknown"},
      {R"("note")", R"("notes")", "accounts[0].tokens[0].notes: is unknown"},
      {R"("tokens": [])", R"("tokens": {})", "accounts[1].tokens: must be a list"},
      {"0123456789ab", "0123", "accounts[0].tokens[0].id: must be 12 hex"},
      {"ba7816bf", "Ba7816bf", "accounts[0].tokens[0].sha256: must be 64 hex"},
      {"2027-11-26T20:00:00Z", "tomorrow", "accounts[0].tokens[0].expires: must be a time"},
      {R"("role": "user",)", R"("role": "user", "role": "admin",)", "an object has 'role' twice"},
      {R"({
  "accounts")",
       R"({"version": 2, "accounts")", "it must be an object with the list `accounts` alone"},
      {"}\n]", "", "it is no JSON"},
  };
  for (const auto& bad : cases) {
    std::string text = kText;
    if (bad.complaint == "it is no JSON") {
      text.resize(text.size() / 2);
    } else {
      text = absl::StrReplaceAll(text, {{bad.text, bad.with}});
    }
    const auto accounts = ParseAccounts(text);
    EXPECT_EQ(accounts.status().code(), absl::StatusCode::kInvalidArgument) << bad.with;
    EXPECT_THAT(std::string(accounts.status().message()), HasSubstr(bad.complaint));
  }
}

TEST(AccountFileTest, TokensAreNobodysTwice) {
  std::string text = kText;
  const std::string tokens = text.substr(text.find("\"tokens\": [\n"));
  const std::string entry = tokens.substr(12, tokens.find("\n      ]") - 12);
  text = absl::StrReplaceAll(text, {{"\"tokens\": []", "\"tokens\": [" + entry + "]"}});
  EXPECT_THAT(std::string(ParseAccounts(text).status().message()),
              HasSubstr("accounts[1]: the token 0123456789ab stands twice"));
}

TEST(AccountFileTest, NoTextBreaksIt) {
  for (const char* text : {"", "[", "null", "[]", "{}", "\xff", "{\"accounts\": 1}",
                           "{\"accounts\": [1]}", "{\"accounts\": [[]]}"}) {
    EXPECT_FALSE(ParseAccounts(text).ok()) << text;
  }
  EXPECT_FALSE(ParseAccounts(std::string(100'000, '[')).ok());
}

}  // namespace
}  // namespace spiked::access
