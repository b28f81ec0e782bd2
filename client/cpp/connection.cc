#include "client/cpp/connection.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/error.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace spiked::client {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
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
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

std::string Authorization(const std::string& address, const ClientOptions& options) {
  std::string token = options.token ? *options.token : DefaultToken(address);
  // A certificate of this client's own says who calls, unless a token is given.
  const bool certified = options.tls_certificate && !options.tls_certificate->empty();
  if (certified && !options.token && std::getenv("SPIKED_TOKEN") == nullptr) token.clear();
  return token.empty() ? "" : absl::StrCat("Bearer ", token);
}

}  // namespace

Connection::Connection(std::string address, const ClientOptions& options,
                       const Credentials& credentials)
    : address_(std::move(address)),
      encrypts_(credentials.encrypt),
      call_timeout_(options.call_timeout),
      reconnect_for_(options.reconnect_for),
      authorization_(Authorization(address_, options)),
      channel_(MakeChannel(address_, credentials.channel)),
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
    const std::string advice = EncryptionAdvice(result.message(), address_, encrypts_);
    if (!advice.empty()) {
      return Reworded(result, absl::StrCat("no connection to ", address_, ": ", advice, " (",
                                           result.message(), ")"));
    }
    return Reworded(result, absl::StrCat("no spiked server answers at ", address_,
                                         "; is one running? (", result.message(), ")"));
  }
  return Reworded(
      result, absl::StrCat("lost the spiked server at ", address_,
                           ": it has stopped, or the connection broke (", result.message(), ")"));
}

absl::Status Connection::CheckHealth() {
  namespace health = grpc::health::v1;
  const auto stub = health::Health::NewStub(channel_);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + call_timeout_));
  health::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, {}, &response);
  if (!status.ok()) return ToStatus(status);
  if (response.status() == health::HealthCheckResponse::SERVING) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the spiked server at ", address_, ": ",
                   health::HealthCheckResponse::ServingStatus_Name(response.status())));
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
