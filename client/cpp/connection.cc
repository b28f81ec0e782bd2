#include "client/cpp/connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cpp/error.h"

namespace spiked::client {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  // What is large is large because it was asked for; gRPC's default of 4 MB
  // would refuse the weights of a thousand by a thousand neurons.
  arguments.SetMaxReceiveMessageSize(-1);
  // A server that is just starting is found soon, one that restarts within a
  // second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A step may rightly take hours. Pings tell a slow server from one that is
  // gone; servers refuse them more often than every 5 minutes.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 330'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  return grpc::CreateCustomChannel(
      address, options.credentials ? options.credentials : grpc::InsecureChannelCredentials(),
      arguments);
}

std::string Authorization(const std::string& token) {
  return token.empty() ? "" : absl::StrCat("Bearer ", token);
}

}  // namespace

Connection::Connection(std::string address, const ClientOptions& options)
    : address_(std::move(address)),
      call_timeout_(options.call_timeout),
      authorization_(Authorization(options.token ? *options.token : DefaultToken(address_))),
      channel_(MakeChannel(address_, options)),
      simulation_(v1::SimulationService::NewStub(channel_)),
      catalog_(v1::CatalogService::NewStub(channel_)),
      access_(v1::AccessService::NewStub(channel_)) {}

std::string Connection::instance() const {
  absl::MutexLock lock(&mutex_);
  return instance_;
}

absl::Status Connection::ToStatus(const grpc::Status& status) const {
  absl::Status result = ToAbslStatus(status);
  if (!absl::IsUnavailable(result)) return result;
  if (!GetErrorDetails(result).reason.empty()) {
    return Reworded(result,
                    absl::StrCat("the spiked server at ", address_, ": ", result.message()));
  }
  // It is gRPC that says so. The connection cannot tell a server that was killed
  // from one that is out of reach.
  if (instance().empty()) {
    return Reworded(result, absl::StrCat("no spiked server answers at ", address_,
                                         "; is one running? (", result.message(), ")"));
  }
  return Reworded(
      result, absl::StrCat("lost the spiked server at ", address_,
                           ": it has stopped, or the connection broke (", result.message(), ")"));
}

void Connection::Prepare(grpc::ClientContext& context) const {
  if (!authorization_.empty()) context.AddMetadata("authorization", authorization_);
}

void Connection::NoteInstance(const grpc::ClientContext& context) {
  const auto& metadata = context.GetServerInitialMetadata();
  const auto entry = metadata.find("spiked-instance");
  if (entry == metadata.end()) return;
  absl::MutexLock lock(&mutex_);
  instance_.assign(entry->second.data(), entry->second.size());
}

}  // namespace spiked::client
