#include "server/rpc/authentication.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/access/account_file.h"
#include "server/access/private_file.h"
#include "server/access/token.h"
#include "spiked/v1/access_service.grpc.pb.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::RunProgram;
using testing::ServerProcess;

// A server on a Unix socket and on a port, with an account that has a token.
class AuthenticationTest : public ::testing::Test {
 protected:
  AuthenticationTest() : server_({"--listen", "127.0.0.1:0"}) {}

  void SetUp() override {
    WriteAccounts({token_});
    const absl::Status status = server_.Start();
    ASSERT_TRUE(status.ok()) << status;
    tcp_ = *server_.TcpAddress();
  }

  void WriteAccounts(const std::vector<access::NewToken>& tokens) {
    access::Account anna{.name = "anna"};
    for (const access::NewToken& token : tokens) {
      anna.tokens.push_back({.id = token.id,
                             .hash = access::HashOf(token.text),
                             .create_time = absl::Now(),
                             .note = ""});
    }
    const access::Accounts accounts = {{"anna", std::make_shared<const access::Account>(anna)}};
    ASSERT_TRUE(
        access::WritePrivateFile(server_.dir().File("accounts.json"), access::ToText(accounts))
            .ok());
  }

  // What a call with these entries of metadata comes to.
  static grpc::Status CallWith(const std::string& address,
                               const std::vector<std::string>& authorization) {
    grpc::ClientContext context;
    for (const std::string& entry : authorization) context.AddMetadata("authorization", entry);
    v1::GetServerInfoResponse response;
    return Stubs(address).catalog->GetServerInfo(&context, {}, &response);
  }

  const access::NewToken token_ = access::DrawToken();
  ServerProcess server_;
  std::string tcp_;
};

TEST_F(AuthenticationTest, OverTcpATokenIsNeededOnLoopbackToo) {
  ExpectError(CallWith(tcp_, {}), grpc::StatusCode::UNAUTHENTICATED, "TOKEN_MISSING", "");
  EXPECT_TRUE(CallWith(tcp_, {"Bearer " + token_.text}).ok());
  EXPECT_TRUE(CallWith(tcp_, {"bearer " + server_.OwnerToken()}).ok());
}

TEST_F(AuthenticationTest, TheSocketsUserNeedsNone) {
  EXPECT_TRUE(CallWith(server_.address(), {}).ok());
  // But who shows one is taken at their word.
  EXPECT_TRUE(CallWith(server_.address(), {"Bearer " + token_.text}).ok());
  ExpectError(CallWith(server_.address(), {"Bearer x"}), grpc::StatusCode::UNAUTHENTICATED,
              "TOKEN_UNKNOWN", "");
}

TEST_F(AuthenticationTest, WhatIsNoTokenIsToldApart) {
  const std::string good = "Bearer " + token_.text;
  for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{
           {token_.text}, {"Basic " + token_.text}, {good, good}, {""}}) {
    ExpectError(CallWith(tcp_, bad), grpc::StatusCode::UNAUTHENTICATED, "TOKEN_MALFORMED", "");
  }
  for (const std::string& bad :
       {std::string("Bearer "), good + " ", "Bearer spiked_" + token_.id + "_x",
        "Bearer " + access::DrawToken().text, "Bearer " + std::string(4000, 'x')}) {
    ExpectError(CallWith(tcp_, {bad}), grpc::StatusCode::UNAUTHENTICATED, "TOKEN_UNKNOWN", "");
  }
}

TEST_F(AuthenticationTest, StreamsAndEveryMethodNeedOne) {
  for (const session::Command& command : session::Commands()) {
    SCOPED_TRACE(command.method->full_name());
    const std::string path =
        absl::StrCat("/", command.method->service()->full_name(), "/", command.method->name());
    ExpectError(CallMethod(tcp_, path, ""), grpc::StatusCode::UNAUTHENTICATED, "TOKEN_MISSING", "");
  }
}

TEST_F(AuthenticationTest, HealthIsEverybodysToAsk) {
  EXPECT_EQ(RunProgram({SPIKED_SERVER_BINARY, "--health", tcp_}).exit_code, 0);
}

TEST_F(AuthenticationTest, TheOwnersTokenIsWrittenOnceForThemAlone) {
  const std::string token = server_.OwnerToken();
  EXPECT_THAT(token, MatchesRegex("spiked_[0-9a-f]{12}_[-_A-Za-z0-9]{43}"));
  struct stat info;
  ASSERT_EQ(stat(server_.dir().File("token").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(server_.Stop(), 0);
  EXPECT_FALSE(absl::StrContains(server_.Log(), token));
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_EQ(server_.OwnerToken(), token);
}

TEST_F(AuthenticationTest, AStreamEndsWhenItsTokenIsRevoked) {
  Stubs stubs(tcp_);
  const std::string bearer = "Bearer " + token_.text;
  grpc::ClientContext creating;
  creating.AddMetadata("authorization", bearer);
  v1::CreateSessionResponse created;
  ASSERT_TRUE(stubs.simulation->CreateSession(&creating, {}, &created).ok());
  grpc::ClientContext context;
  context.AddMetadata("authorization", bearer);
  const auto stream = stubs.simulation->StepStream(&context);
  v1::StepStreamRequest request;
  request.mutable_step()->set_session(created.session().name());
  request.mutable_step()->set_duration_ms(1);
  v1::StepStreamResponse response;
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  // Accounts that are read anew disturb nobody who is still among them.
  const access::NewToken other = access::DrawToken();
  WriteAccounts({token_, other});
  kill(server_.pid(), SIGHUP);
  while (!CallWith(tcp_, {"Bearer " + other.text}).ok()) usleep(1000);
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  // This time the server finds out by itself.
  WriteAccounts({other});
  while (CallWith(tcp_, {bearer}).ok()) usleep(1000);
  stream->Write(request);
  EXPECT_FALSE(stream->Read(&response));
  ExpectError(stream->Finish(), grpc::StatusCode::UNAUTHENTICATED, "TOKEN_UNKNOWN", "");
}

TEST_F(AuthenticationTest, ADamagedFileKeepsTheAccounts) {
  ASSERT_TRUE(access::WritePrivateFile(server_.dir().File("accounts.json"), "{").ok());
  kill(server_.pid(), SIGHUP);
  while (!absl::StrContains(server_.Log(), "is damaged")) usleep(1000);
  EXPECT_TRUE(CallWith(tcp_, {"Bearer " + token_.text}).ok());
  EXPECT_THAT(server_.Log(), HasSubstr("accounts stay as they were"));
}

TEST(OwnerTokenOfAServerTest, WithoutAPlaceForOneItSaysWhatToDo) {
  const auto result = RunProgram({SPIKED_SERVER_BINARY, "--listen", "127.0.0.1:0"},
                                 {"HOME=", "XDG_STATE_HOME="}, absl::Seconds(20));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("SPIKED_OWNER_TOKEN"));
}

TEST_F(AuthenticationTest, AnAccountCallsFromAsManyConnectionsAsItMay) {
  v1::PutAccountRequest put;
  put.set_account("anna");
  put.set_role(v1::ROLE_USER);
  (*put.mutable_quotas())["connections"] = 1;
  v1::PutAccountResponse answer;
  const auto access = v1::AccessService::NewStub(NewChannel(server_.address()));
  ASSERT_TRUE(Call(*access, &v1::AccessService::Stub::PutAccount, put, &answer).ok());
  for (const std::string& address : {tcp_, server_.address()}) {
    // A stream that is open is a connection with calls.
    Stubs stubs(address);
    grpc::ClientContext context, same;
    for (auto* one : {&context, &same}) one->AddMetadata("authorization", "Bearer " + token_.text);
    const auto stream = stubs.simulation->StepStream(&context);
    stream->WaitForInitialMetadata();
    const grpc::Status refused = CallWith(address, {"Bearer " + token_.text});
    ExpectError(refused, grpc::StatusCode::RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", "");
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(refused).metadata().at("quota"), "connections");
    EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(refused).retry_delay().seconds(), 1);
    v1::GetServerInfoResponse info;
    EXPECT_TRUE(stubs.catalog->GetServerInfo(&same, {}, &info).ok());
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
    const auto deadline = session::Clock::now() + std::chrono::seconds(30);
    while (!CallWith(address, {"Bearer " + token_.text}).ok() && session::Clock::now() < deadline) {
    }
    EXPECT_TRUE(CallWith(address, {"Bearer " + token_.text}).ok());
  }
}

}  // namespace
}  // namespace spiked::rpc
