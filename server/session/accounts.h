// Commands on accounts and their tokens.
#pragma once

#include "absl/status/status.h"
#include "spiked/v1/access_service.pb.h"

namespace spiked::session {

class Registry;
struct Caller;

absl::Status GetCaller(Registry& registry, const v1::GetCallerRequest& request,
                       const Caller& caller, v1::GetCallerResponse* response);
absl::Status ListAccounts(Registry& registry, const v1::ListAccountsRequest& request,
                          const Caller& caller, v1::ListAccountsResponse* response);
absl::Status PutAccount(Registry& registry, const v1::PutAccountRequest& request,
                        const Caller& caller, v1::PutAccountResponse* response);
absl::Status DeleteAccount(Registry& registry, const v1::DeleteAccountRequest& request,
                           const Caller& caller, v1::DeleteAccountResponse* response);
absl::Status CreateToken(Registry& registry, const v1::CreateTokenRequest& request,
                         const Caller& caller, v1::CreateTokenResponse* response);
absl::Status RevokeToken(Registry& registry, const v1::RevokeTokenRequest& request,
                         const Caller& caller, v1::RevokeTokenResponse* response);

}  // namespace spiked::session
