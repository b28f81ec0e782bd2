// Who may do what: every method of the contract, given by everybody.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "server/access/account_file.h"
#include "server/access/private_file.h"
#include "server/access/token.h"
#include "spiked/v1/access_service.grpc.pb.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

namespace pb = google::protobuf;
using access::Role;
using testing::ServerProcess;

// Who may give a command: everybody, or who may do that with the session; those who copy it
// must be users who watch.
enum class May { kAnybody, kUsers, kAdmins, kWatchers, kCopiers, kDrivers, kOwners };

// A method that is not here fails the test.
const std::map<std::string, May>& Rules() {
  static const auto& rules = *new std::map<std::string, May>{
      {"spiked.v1.AccessService.CreateToken", May::kAdmins},
      {"spiked.v1.AccessService.DeleteAccount", May::kAdmins},
      {"spiked.v1.AccessService.GetCaller", May::kAnybody},
      {"spiked.v1.AccessService.ListAccounts", May::kAdmins},
      {"spiked.v1.AccessService.PutAccount", May::kAdmins},
      {"spiked.v1.AccessService.RevokeToken", May::kAdmins},
      {"spiked.v1.CatalogService.GetServerInfo", May::kAnybody},
      {"spiked.v1.CatalogService.ListModels", May::kAnybody},
      {"spiked.v1.CatalogService.ListPresets", May::kAnybody},
      {"spiked.v1.SimulationService.ApplyReward", May::kDrivers},
      {"spiked.v1.SimulationService.CreateNetwork", May::kDrivers},
      {"spiked.v1.SimulationService.CreateSession", May::kUsers},
      {"spiked.v1.SimulationService.CutConnections", May::kDrivers},
      {"spiked.v1.SimulationService.DeleteNetwork", May::kDrivers},
      {"spiked.v1.SimulationService.DeleteSession", May::kOwners},
      {"spiked.v1.SimulationService.ExtendNetwork", May::kDrivers},
      {"spiked.v1.SimulationService.ForkSession", May::kCopiers},
      {"spiked.v1.SimulationService.GetNetwork", May::kWatchers},
      {"spiked.v1.SimulationService.GetParameters", May::kWatchers},
      {"spiked.v1.SimulationService.GetSession", May::kWatchers},
      {"spiked.v1.SimulationService.GetSignals", May::kWatchers},
      {"spiked.v1.SimulationService.GetSpikes", May::kWatchers},
      {"spiked.v1.SimulationService.GetWeightRecord", May::kWatchers},
      {"spiked.v1.SimulationService.GetWeights", May::kWatchers},
      {"spiked.v1.SimulationService.HaltSession", May::kDrivers},
      {"spiked.v1.SimulationService.ListSessions", May::kAnybody},
      {"spiked.v1.SimulationService.ReadWeights", May::kWatchers},
      {"spiked.v1.SimulationService.ResetSession", May::kDrivers},
      {"spiked.v1.SimulationService.RestoreSession", May::kUsers},
      {"spiked.v1.SimulationService.SaveSession", May::kWatchers},
      {"spiked.v1.SimulationService.SetInput", May::kDrivers},
      {"spiked.v1.SimulationService.SetParameters", May::kDrivers},
      {"spiked.v1.SimulationService.SetRecording", May::kDrivers},
      {"spiked.v1.SimulationService.SetWeights", May::kDrivers},
      {"spiked.v1.SimulationService.ShareSession", May::kOwners},
      {"spiked.v1.SimulationService.SnapshotSession", May::kDrivers},
      {"spiked.v1.SimulationService.Step", May::kDrivers},
      {"spiked.v1.SimulationService.StepStream", May::kDrivers},
      {"spiked.v1.SimulationService.WatchSession", May::kWatchers},
  };
  return rules;
}

// All services of the contract's files that this program knows.
std::vector<const pb::MethodDescriptor*> Methods() {
  std::vector<std::string> names;
  pb::DescriptorPool::internal_generated_database()->FindAllFileNames(&names);
  std::vector<const pb::MethodDescriptor*> methods;
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, "spiked/v1/")) continue;
    const auto* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

std::string PathOf(const pb::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

// A request with nothing but the session's name, where it takes one.
std::unique_ptr<pb::Message> RequestFor(const pb::MethodDescriptor& method,
                                        const std::string& session) {
  std::unique_ptr<pb::Message> request(
      pb::MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
  pb::Message* holder = request.get();
  if (method.client_streaming() && method.server_streaming()) {
    holder = holder->GetReflection()->MutableMessage(holder, method.input_type()->field(0));
  }
  const auto* field = holder->GetDescriptor()->FindFieldByName("session");
  if (field != nullptr) holder->GetReflection()->SetString(holder, field, session);
  return request;
}

struct Somebody {
  std::string name;
  Role role;
  May with_session;  // what they may do with Anna's session, kAnybody: nothing
};
const std::vector<Somebody>& Everybody() {
  static const auto& everybody = *new std::vector<Somebody>{
      {"anna", Role::kUser, May::kOwners},     {"bert", Role::kUser, May::kAnybody},
      {"carl", Role::kUser, May::kWatchers},   {"dora", Role::kUser, May::kDrivers},
      {"vera", Role::kViewer, May::kWatchers}, {"adam", Role::kAdmin, May::kOwners},
  };
  return everybody;
}

bool Allowed(const Somebody& somebody, May may) {
  switch (may) {
    case May::kAnybody:
      return true;
    case May::kUsers:
      return somebody.role >= Role::kUser;
    case May::kAdmins:
      return somebody.role == Role::kAdmin;
    case May::kCopiers:
      return somebody.role >= Role::kUser && somebody.with_session >= May::kWatchers;
    default:
      return somebody.with_session >= may;
  }
}

class OwnershipTest : public ::testing::Test {
 protected:
  void SetUp() override {
    access::Accounts accounts;
    for (const Somebody& somebody : Everybody()) {
      const access::NewToken token = access::DrawToken();
      tokens_[somebody.name] = token.text;
      accounts[somebody.name] = std::make_shared<const access::Account>(
          access::Account{.name = somebody.name,
                          .role = somebody.role,
                          .tokens = {{.id = token.id,
                                      .hash = access::HashOf(token.text),
                                      .create_time = absl::Now(),
                                      .note = ""}}});
    }
    ASSERT_TRUE(
        access::WritePrivateFile(server_.dir().File("accounts.json"), access::ToText(accounts))
            .ok());
    const absl::Status status = server_.Start();
    ASSERT_TRUE(status.ok()) << status;
  }

  grpc::Status Give(const std::string& name, const pb::MethodDescriptor& method,
                    const std::string& session) {
    return CallMethod(server_.address(), PathOf(method), tokens_.at(name),
                      RequestFor(method, session).get(),
                      /*once=*/method.server_streaming());
  }

  // Anna's, shared with Carl for watching and with Dora for driving.
  std::string CreateSession() {
    const std::string name = absl::StrCat("sessions/s", 1000 + sessions_++);
    Stubs stubs(server_.address());
    grpc::ClientContext creating, sharing;
    for (auto* context : {&creating, &sharing}) {
      context->AddMetadata("authorization", "Bearer " + tokens_.at("anna"));
    }
    v1::CreateSessionRequest request;
    request.set_session_id(name.substr(9));
    v1::CreateSessionResponse created;
    EXPECT_TRUE(stubs.simulation->CreateSession(&creating, request, &created).ok());
    EXPECT_EQ(created.session().owner(), "anna");
    auto share = session::Parse<v1::ShareSessionRequest>(R"pb(
      shares { account: "carl" right: SHARE_RIGHT_WATCH }
      shares { account: "dora" right: SHARE_RIGHT_DRIVE }
      shares { account: "vera" right: SHARE_RIGHT_DRIVE })pb");
    share.set_session(name);
    v1::ShareSessionResponse shared;
    EXPECT_TRUE(stubs.simulation->ShareSession(&sharing, share, &shared).ok());
    EXPECT_EQ(shared.session().shares_size(), 3);
    return name;
  }

  ServerProcess server_;
  std::map<std::string, std::string> tokens_;
  int sessions_ = 0;
};

TEST_F(OwnershipTest, EveryMethodIsForThoseWhomItsRuleNames) {
  std::set<std::string> methods, rules;
  for (const auto* method : Methods()) methods.insert(method->full_name());
  for (const auto& [name, may] : Rules()) rules.insert(name);
  ASSERT_EQ(methods, rules) << "every method has a rule";
  for (const auto* method : Methods()) {
    for (const Somebody& somebody : Everybody()) {
      SCOPED_TRACE(absl::StrCat(method->full_name(), " by ", somebody.name));
      // Fresh, as some of them delete it.
      const grpc::Status status = Give(somebody.name, *method, CreateSession());
      if (Allowed(somebody, Rules().at(method->full_name()))) {
        EXPECT_NE(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
            << status.error_message();
        EXPECT_NE(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
      } else {
        ExpectError(status, grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", "");
      }
    }
  }
}

TEST_F(OwnershipTest, NobodyLearnsWhetherASessionOfOthersExists) {
  const std::string there = CreateSession(), not_there = "sessions/x1000";
  ASSERT_EQ(there.size(), not_there.size());
  for (const auto* method : Methods()) {
    SCOPED_TRACE(method->full_name());
    const grpc::Status one = Give("bert", *method, there);
    const grpc::Status other = Give("bert", *method, not_there);
    EXPECT_EQ(one.error_code(), other.error_code());
    EXPECT_EQ(absl::StrReplaceAll(one.error_message(), {{there, not_there}}),
              other.error_message());
    EXPECT_EQ(absl::StrReplaceAll(one.error_details(), {{there, not_there}}),
              other.error_details());
  }
}

TEST_F(OwnershipTest, AStreamEndsWhenItsSessionIsNoLongerShared) {
  const std::string name = CreateSession();
  Stubs stubs(server_.address());
  grpc::ClientContext context, sharing;
  context.AddMetadata("authorization", "Bearer " + tokens_.at("dora"));
  sharing.AddMetadata("authorization", "Bearer " + tokens_.at("anna"));
  const auto stream = stubs.simulation->StepStream(&context);
  v1::StepStreamRequest request;
  request.mutable_step()->set_session(name);
  request.mutable_step()->set_duration_ms(1);
  v1::StepStreamResponse response;
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  v1::ShareSessionRequest share;
  share.set_session(name);
  v1::ShareSessionResponse shared;
  ASSERT_TRUE(stubs.simulation->ShareSession(&sharing, share, &shared).ok());
  stream->Write(request);
  EXPECT_FALSE(stream->Read(&response));
  ExpectError(stream->Finish(), grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", "");
}

TEST_F(OwnershipTest, AnAdminManagesAccountsOverTheWire) {
  const auto access = v1::AccessService::NewStub(NewChannel(server_.address()));
  using Access = v1::AccessService::Stub;
  v1::PutAccountResponse put;
  ASSERT_TRUE(Call(*access, &Access::PutAccount, session::Parse<v1::PutAccountRequest>(R"pb(
                account: "emil"
                role: ROLE_USER
                quotas { key: "sessions" value: 2 })pb"),
                   &put)
                  .ok());
  EXPECT_EQ(put.account().weight(), 1);
  v1::CreateTokenRequest create;
  create.set_account("emil");
  create.set_note("laptop");
  v1::CreateTokenResponse created;
  ASSERT_TRUE(Call(*access, &Access::CreateToken, create, &created).ok());
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + created.token());
  v1::GetCallerResponse caller;
  ASSERT_TRUE(access->GetCaller(&context, {}, &caller).ok());
  EXPECT_EQ(caller.account().name(), "emil");
  EXPECT_EQ(caller.account().quotas().at("sessions"), 2u);
  v1::ListAccountsResponse listed;
  ASSERT_TRUE(Call(*access, &Access::ListAccounts, {}, &listed).ok());
  ASSERT_EQ(listed.accounts_size(), static_cast<int>(Everybody().size()) + 2);
  EXPECT_EQ(listed.accounts(0).name(), "owner");
  EXPECT_EQ(listed.accounts(6).name(), "emil") << "by name";
  EXPECT_EQ(listed.accounts(6).tokens(0).note(), "laptop");
  v1::RevokeTokenRequest revoke;
  revoke.set_token(created.description().id());
  v1::RevokeTokenResponse revoked;
  ASSERT_TRUE(Call(*access, &Access::RevokeToken, revoke, &revoked).ok());
  grpc::ClientContext again;
  again.AddMetadata("authorization", "Bearer " + created.token());
  ExpectError(access->GetCaller(&again, {}, &caller), grpc::StatusCode::UNAUTHENTICATED,
              "TOKEN_UNKNOWN", "");
  // No secret is in the log.
  EXPECT_EQ(server_.Log().find(created.token()), std::string::npos);
}

}  // namespace
}  // namespace spiked::rpc
