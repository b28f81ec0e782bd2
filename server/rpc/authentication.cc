#include "server/rpc/authentication.h"

#include <grpc/grpc_security_constants.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "server/access/bearer.h"
#include "server/net/connections.h"

namespace spiked::rpc {
namespace {

absl::StatusOr<access::Identity> Identify(const access::Gate& gate,
                                          const grpc::ServerContext& context) {
  const auto [begin, end] = context.client_metadata().equal_range("authorization");
  if (begin == end) {
    // Nobody else can open it.
    if (absl::StartsWith(context.peer(), "unix:")) return gate.Owner();
    // Its authority has been checked, or there would be no call.
    if (const auto peer = context.auth_context(); peer->IsPeerAuthenticated()) {
      const auto names = peer->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
      if (names.size() == 1) {
        return gate.ByCertificate(absl::string_view(names[0].data(), names[0].size()));
      }
    }
    return access::Unauthenticated(
        "TOKEN_MISSING",
        "whoever comes over TCP must show a token; clients take it from "
        "SPIKED_TOKEN, or send the metadata `authorization: Bearer TOKEN`");
  }
  const bool once = std::next(begin) == end;
  return access::ByBearer(
      gate, once ? absl::string_view(begin->second.data(), begin->second.size()) : "");
}

// As connections are called: gRPC writes `ipv6:%5B::1%5D:50051`.
std::string NameOf(const grpc::ServerContext& context) {
  const std::string peer = context.peer();
  return absl::StrReplaceAll(absl::string_view(peer).substr(peer.find(':') + 1),
                             {{"%5B", "["}, {"%5D", "]"}});
}

}  // namespace

absl::StatusOr<access::Identity> Authenticate(const access::Gate& gate,
                                              const grpc::ServerContext& context) {
  auto identity = Identify(gate, context);
  if (identity.ok()) net::AllConnections().Welcome(NameOf(context));
  return identity;
}

}  // namespace spiked::rpc
