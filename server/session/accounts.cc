#include "server/session/accounts.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/access/gate.h"
#include "server/engine/error.h"
#include "server/session/operation.h"
#include "server/session/registry.h"
#include "spdlog/spdlog.h"

namespace spiked::session {
namespace {

// 9999-12-31, the last that a Timestamp can tell.
constexpr int64_t kLastSecond = 253'402'300'799;

absl::StatusOr<access::Gate*> GateOf(Registry& registry) {
  if (registry.gate() != nullptr) return registry.gate();
  return engine::ReasonError(absl::StatusCode::kFailedPrecondition, "ACCOUNTS_FILE_UNUSABLE",
                             "the server keeps no accounts");
}

v1::Role ToContract(Role role) {
  switch (role) {
    case Role::kViewer:
      return v1::ROLE_VIEWER;
    case Role::kUser:
      return v1::ROLE_USER;
    case Role::kAdmin:
      return v1::ROLE_ADMIN;
  }
  return v1::ROLE_UNSPECIFIED;
}

void Set(google::protobuf::Timestamp* timestamp, absl::Time time) {
  timestamp->set_seconds(absl::ToUnixSeconds(time));
  timestamp->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp->seconds()))));
}

void ToContract(const access::Token& token, v1::Token* message) {
  message->set_id(token.id);
  Set(message->mutable_create_time(), token.create_time);
  if (token.expire_time != absl::InfiniteFuture()) {
    Set(message->mutable_expire_time(), token.expire_time);
  }
  message->set_note(token.note);
}

void ToContract(const access::Account& account, v1::Account* message) {
  message->set_name(account.name);
  message->set_role(ToContract(account.role));
  message->set_weight(account.weight);
  for (const access::NamedQuota& quota : access::kQuotas) {
    if (const auto value = account.quotas.*quota.value) {
      (*message->mutable_quotas())[quota.name] = *value;
    }
  }
}

absl::StatusOr<access::Account> AccountOf(const v1::PutAccountRequest& request) {
  access::Account account{.name = request.account()};
  switch (request.role()) {
    case v1::ROLE_VIEWER:
      account.role = Role::kViewer;
      break;
    case v1::ROLE_USER:
      account.role = Role::kUser;
      break;
    case v1::ROLE_ADMIN:
      account.role = Role::kAdmin;
      break;
    default:
      return engine::InvalidField("role", "must be viewer, user or admin");
  }
  if (request.weight() != 0) account.weight = request.weight();
  for (const auto& [name, value] : request.quotas()) {
    auto* quota = access::FindQuota(account.quotas, name);
    if (quota == nullptr) {
      const auto add = [](std::string* out, const access::NamedQuota& known) {
        absl::StrAppend(out, known.name);
      };
      return engine::InvalidField(absl::StrCat("quotas[", name, "]"),
                                  absl::StrCat("there is no such quota, but there are ",
                                               absl::StrJoin(access::kQuotas, ", ", add)));
    }
    *quota = value;
  }
  return account;
}

}  // namespace

absl::Status GetCaller(Registry& /*registry*/, const v1::GetCallerRequest& /*request*/,
                       const Caller& caller, v1::GetCallerResponse* response) {
  ToContract(*caller.who, response->mutable_account());
  return absl::OkStatus();
}

absl::Status ListAccounts(Registry& registry, const v1::ListAccountsRequest& /*request*/,
                          const Caller& /*caller*/, v1::ListAccountsResponse* response) {
  const auto gate = GateOf(registry);
  if (!gate.ok()) return gate.status();
  ToContract(*(*gate)->Owner().account, response->add_accounts());
  for (const auto& [name, account] : (*gate)->accounts()) {
    v1::Account* message = response->add_accounts();
    ToContract(*account, message);
    for (const access::Token& token : account->tokens) ToContract(token, message->add_tokens());
  }
  return absl::OkStatus();
}

absl::Status PutAccount(Registry& registry, const v1::PutAccountRequest& request,
                        const Caller& caller, v1::PutAccountResponse* response) {
  const auto gate = GateOf(registry);
  if (!gate.ok()) return gate.status();
  const auto account = AccountOf(request);
  if (!account.ok()) return account.status();
  if (absl::Status status = (*gate)->Put(*account); !status.ok()) return status;
  spdlog::info("{} has put the account {}: {}", caller.who->name, account->name,
               std::string(access::RoleName(account->role)));
  ToContract(*account, response->mutable_account());
  return absl::OkStatus();
}

absl::Status DeleteAccount(Registry& registry, const v1::DeleteAccountRequest& request,
                           const Caller& caller, v1::DeleteAccountResponse* /*response*/) {
  const auto gate = GateOf(registry);
  if (!gate.ok()) return gate.status();
  if (absl::Status status = (*gate)->Delete(request.account()); !status.ok()) return status;
  spdlog::info("{} has deleted the account {}", caller.who->name, request.account());
  return absl::OkStatus();
}

absl::Status CreateToken(Registry& registry, const v1::CreateTokenRequest& request,
                         const Caller& caller, v1::CreateTokenResponse* response) {
  const auto gate = GateOf(registry);
  if (!gate.ok()) return gate.status();
  absl::Time expire_time = absl::InfiniteFuture();
  if (request.has_expire_time()) {
    const auto& told = request.expire_time();
    if (told.seconds() < 0 || told.seconds() > kLastSecond || told.nanos() < 0 ||
        told.nanos() > 999'999'999) {
      return engine::InvalidField("expire_time", "must be a time up to the year 9999");
    }
    // In whole seconds, as the file keeps it.
    expire_time = absl::FromUnixSeconds(told.seconds());
    if (expire_time <= absl::Now()) return engine::InvalidField("expire_time", "must be to come");
  }
  const auto token = (*gate)->CreateToken(request.account(), expire_time, request.note());
  if (!token.ok()) return token.status();
  spdlog::info("{} has made the token {} of {}", caller.who->name, token->description.id,
               request.account());
  response->set_token(token->text);
  ToContract(token->description, response->mutable_description());
  return absl::OkStatus();
}

absl::Status RevokeToken(Registry& registry, const v1::RevokeTokenRequest& request,
                         const Caller& caller, v1::RevokeTokenResponse* /*response*/) {
  const auto gate = GateOf(registry);
  if (!gate.ok()) return gate.status();
  if (absl::Status status = (*gate)->RevokeToken(request.token()); !status.ok()) return status;
  spdlog::info("{} has revoked the token {}", caller.who->name, request.token());
  return absl::OkStatus();
}

}  // namespace spiked::session
