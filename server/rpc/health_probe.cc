#include "server/rpc/health_probe.h"

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace spiked::rpc {

namespace health = grpc::health::v1;
using Health = health::HealthCheckResponse;

std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& ca) {
  if (ca.empty()) return grpc::InsecureChannelCredentials();
  std::ifstream file(ca);
  return grpc::SslCredentials({.pem_root_certs = {std::istreambuf_iterator<char>(file), {}},
                               .pem_private_key = "",
                               .pem_cert_chain = ""});
}

absl::Status ProbeHealth(const net::ListenAddress& address, absl::Duration timeout,
                         const std::string& ca) {
  grpc::ChannelArguments arguments;
  // What is probed is near, and no proxy's business.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = health::Health::NewStub(
      grpc::CreateCustomChannel(address.ToString(), Credentials(ca), arguments));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  Health response;
  const grpc::Status status = stub->Check(&context, {}, &response);
  if (!status.ok()) {
    const auto code = static_cast<absl::StatusCode>(status.error_code());
    return {code, absl::StrCat(address.ToString(), ": ", absl::StatusCodeToString(code), ": ",
                               status.error_message())};
  }
  if (response.status() != Health::SERVING) {
    return absl::UnavailableError(
        absl::StrCat(address.ToString(), ": ", Health::ServingStatus_Name(response.status())));
  }
  return absl::OkStatus();
}

}  // namespace spiked::rpc
