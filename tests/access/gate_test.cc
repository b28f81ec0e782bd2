#include "server/access/gate.h"

#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/access/account_file.h"
#include "server/engine/error.h"
#include "tests/support/temp_dir.h"

namespace spiked::access {
namespace {

using ::testing::HasSubstr;
using testing::TempDir;

constexpr char kOwnersToken[] = "0123456789abcdef0123456789abcdef";

class GateTest : public ::testing::Test {
 protected:
  std::unique_ptr<Gate> Open() {
    auto gate = Gate::Open({.accounts_file = file_,
                            .owner_token = kOwnersToken,
                            .check_interval = absl::Milliseconds(5)});
    EXPECT_TRUE(gate.ok()) << gate.status();
    return *std::move(gate);
  }
  static std::string ReasonOf(const absl::StatusOr<Identity>& identity) {
    EXPECT_EQ(identity.status().code(), absl::StatusCode::kUnauthenticated);
    return engine::ReasonOf(identity.status()).value_or("");
  }
  static bool Eventually(const std::function<bool()>& condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (!condition()) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return true;
  }

  TempDir dir_;
  const std::string file_ = dir_.File("state/accounts.json");
};

TEST_F(GateTest, TheOwnerIsAnAdmin) {
  const auto gate = Open();
  const auto owner = gate->ByToken(kOwnersToken);
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(owner->account->name, "owner");
  EXPECT_EQ(owner->account->role, Role::kAdmin);
  EXPECT_EQ(owner->account, gate->Owner().account);
  EXPECT_TRUE(gate->Holds(*owner));
  EXPECT_EQ(ReasonOf(gate->ByToken("fedcba9876543210fedcba9876543210")), "TOKEN_UNKNOWN");
}

TEST_F(GateTest, WithoutAnOwnersTokenNothingStandsForTheOwner) {
  const auto gate = Gate::Open({});
  EXPECT_EQ(ReasonOf((*gate)->ByToken("")), "TOKEN_UNKNOWN");
  EXPECT_EQ(engine::ReasonOf((*gate)->Put({.name = "anna"})), "ACCOUNTS_FILE_UNUSABLE");
}

TEST_F(GateTest, ATokenStandsForItsAccountUntilItIsRevoked) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna", .role = Role::kUser}).ok());
  const auto token = gate->CreateToken("anna", absl::InfiniteFuture(), "laptop");
  ASSERT_TRUE(token.ok()) << token.status();
  const auto anna = gate->ByToken(token->text);
  ASSERT_TRUE(anna.ok());
  EXPECT_EQ(anna->account->name, "anna");
  EXPECT_TRUE(gate->Holds(*anna));
  // One digit of the secret.
  std::string guess = token->text;
  guess.back() = guess.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(ReasonOf(gate->ByToken(guess)), "TOKEN_UNKNOWN");
  ASSERT_TRUE(gate->RevokeToken(token->description.id).ok());
  EXPECT_FALSE(gate->Holds(*anna));
  EXPECT_EQ(ReasonOf(gate->ByToken(token->text)), "TOKEN_UNKNOWN");
  EXPECT_EQ(engine::FieldOf(gate->RevokeToken(token->description.id)), "token");
}

TEST_F(GateTest, NoSecretIsInTheFileNorTheOwner) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  const auto token = gate->CreateToken("anna", absl::InfiniteFuture(), "");
  const std::string text = testing::ReadFile(file_);
  EXPECT_THAT(text, HasSubstr(token->description.id));
  EXPECT_EQ(text.find(token->text.substr(20)), std::string::npos);
  EXPECT_EQ(text.find("owner"), std::string::npos);
}

TEST_F(GateTest, ATokenExpires) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  const auto soon = gate->CreateToken("anna", absl::Now() + absl::Milliseconds(50), "");
  const auto identity = gate->ByToken(soon->text);
  ASSERT_TRUE(identity.ok());
  EXPECT_TRUE(Eventually([&] { return !gate->Holds(*identity); }));
  EXPECT_EQ(ReasonOf(gate->ByToken(soon->text)), "TOKEN_EXPIRED");
  // Who does not hold the token learns nothing of it.
  EXPECT_EQ(ReasonOf(gate->ByToken(soon->text + "x")), "TOKEN_UNKNOWN");
}

TEST_F(GateTest, ACertificateStandsForTheAccountOfItsName) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  EXPECT_EQ(gate->ByCertificate("anna")->account->name, "anna");
  EXPECT_EQ(ReasonOf(gate->ByCertificate("bert")), "CERTIFICATE_UNKNOWN");
  EXPECT_EQ(ReasonOf(gate->ByCertificate("owner")), "CERTIFICATE_UNKNOWN");
}

TEST_F(GateTest, AnAccountKeepsItsTokensWhenItIsChanged) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna", .role = Role::kUser}).ok());
  const auto token = gate->CreateToken("anna", absl::InfiniteFuture(), "");
  Account changed{.name = "anna", .role = Role::kViewer};
  changed.quotas.sessions = 2;
  ASSERT_TRUE(gate->Put(changed).ok());
  const auto anna = gate->ByToken(token->text);
  ASSERT_TRUE(anna.ok());
  EXPECT_EQ(anna->account->role, Role::kViewer);
  EXPECT_EQ(anna->account->quotas.sessions, 2u);
  ASSERT_TRUE(gate->Delete("anna").ok());
  EXPECT_EQ(ReasonOf(gate->ByToken(token->text)), "TOKEN_UNKNOWN");
  EXPECT_EQ(engine::FieldOf(gate->Delete("anna")), "account");
}

TEST_F(GateTest, BadChangesAreRefused) {
  const auto gate = Open();
  EXPECT_EQ(engine::FieldOf(gate->Put({.name = ""})), "account");
  EXPECT_EQ(engine::FieldOf(gate->Put({.name = "owner"})), "account");
  EXPECT_EQ(engine::FieldOf(gate->Put({.name = "anna", .weight = 0})), "weight");
  EXPECT_EQ(engine::FieldOf(gate->CreateToken("anna", absl::InfiniteFuture(), "").status()),
            "account");
  EXPECT_NE(::access(file_.c_str(), F_OK), 0);
}

TEST_F(GateTest, AccountsOutliveTheServer) {
  std::string token;
  {
    const auto gate = Open();
    ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
    token = gate->CreateToken("anna", absl::InfiniteFuture(), "")->text;
  }
  EXPECT_TRUE(Open()->ByToken(token).ok());
}

TEST_F(GateTest, FollowsTheFileWhenSomebodyElseChangesIt) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  const auto other = Open();
  const auto token = other->CreateToken("anna", absl::InfiniteFuture(), "");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(Eventually([&] { return gate->ByToken(token->text).ok(); }));
  // And does not undo what it has not yet seen.
  ASSERT_TRUE(other->Put({.name = "bert"}).ok());
  ASSERT_TRUE(gate->Put({.name = "carl"}).ok());
  EXPECT_EQ(Open()->accounts().size(), 3u);
}

TEST_F(GateTest, ADamagedFileChangesNothing) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  const auto token = gate->CreateToken("anna", absl::InfiniteFuture(), "");
  ASSERT_TRUE(WritePrivateFile(file_, "{").ok());
  EXPECT_EQ(gate->Reload().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(gate->ByToken(token->text).ok());
  // Nor is it overwritten.
  EXPECT_EQ(engine::ReasonOf(gate->Put({.name = "bert"})), "ACCOUNTS_FILE_UNUSABLE");
  EXPECT_EQ(testing::ReadFile(file_), "{");
  unlink(file_.c_str());
  EXPECT_FALSE(gate->Reload().ok());
  EXPECT_TRUE(gate->ByToken(token->text).ok());
}

TEST_F(GateTest, DoesNotOpenOnADamagedFile) {
  ASSERT_TRUE(MakePrivateFolder(dir_.File("state")).ok());
  ASSERT_TRUE(WritePrivateFile(file_, "{").ok());
  const auto gate = Gate::Open({.accounts_file = file_});
  EXPECT_EQ(gate.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(gate.status().message()), HasSubstr("is damaged"));
}

TEST_F(GateTest, ManyMayAskWhileAccountsChange) {
  const auto gate = Open();
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  const auto token = gate->CreateToken("anna", absl::InfiniteFuture(), "");
  std::vector<std::thread> threads;
  for (int k = 0; k < 3; ++k) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) EXPECT_TRUE(gate->ByToken(token->text).ok());
    });
  }
  for (int k = 0; k < 20; ++k) {
    EXPECT_TRUE(gate->Put({.name = "bert" + std::to_string(k)}).ok());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(gate->accounts().size(), 21u);
}

}  // namespace
}  // namespace spiked::access
