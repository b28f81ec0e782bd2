#include "server/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/access/owner_token.h"
#include "server/net/acceptor.h"
#include "server/net/listen_check.h"
#include "server/rpc/call_limit.h"
#include "server/rpc/front.h"
#include "server/rpc/header_limit.h"
#include "server/rpc/tls.h"
#include "server/session/registry.h"
#include "server/storage/sqlite_storage.h"
#include "spdlog/spdlog.h"

namespace spiked::rpc {
namespace {

// Threads of gRPC's own: health and reflection are blocking services.
constexpr int kMaxThreads = 64;
// Streams and other calls at a time: as many as a quarter of the sessions' memory would hold,
// within these bounds; and of one connection, where more of them wait.
constexpr uint64_t kMinCalls = 4096, kMaxCalls = 32768, kMaxCallsOfConnection = 5000;
// Clients may ping every 10 s, also while nothing else is under way; we look
// after them every minute, so that a dead one does not hold its thread.
constexpr int kMinPingIntervalMs = 9'000;
constexpr int kKeepaliveMs = 60'000, kKeepaliveTimeoutMs = 20'000;
// How long answers may take to get out when the server stops.
constexpr auto kGrace = std::chrono::milliseconds(500);
// How often it is looked whether all has been drained.
constexpr auto kDrainPause = std::chrono::milliseconds(5);

// Takes reflection back, which its library adds to every server.
class NoReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins,
                  [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
  }
};

void Configure(const session::Limits& limits, grpc::ServerBuilder& builder) {
  const uint64_t max_request_bytes = limits.max_request_bytes();
  const uint64_t calls = std::clamp(limits.max_memory_bytes / 4 / kCallBytes, kMinCalls, kMaxCalls);
  const uint64_t calls_of_connection = std::min(kMaxCallsOfConnection, CallsOfAConnection(calls));
  builder.SetMaxReceiveMessageSize(static_cast<int>(max_request_bytes));
  // Of requests we uncompress no more than they may be; see ReadMessage.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(calls_of_connection));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(kMaxHeaderBytes));
  if (!HeadersAreLimited()) spdlog::warn("this gRPC has no limit for the headers of its clients");
  if (!LimitCalls(calls, calls_of_connection)) {
    spdlog::warn("this gRPC has no limit for the calls of its clients");
  }
  grpc::ResourceQuota quota("spiked");
  quota.SetMaxThreads(kMaxThreads);
  // What connections may hold of what they read and write: two of the largest
  // requests at once.
  quota.Resize(2 * max_request_bytes);
  builder.SetResourceQuota(quota);
}

absl::Status CannotListen(const net::ListenAddress& address, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(), ": ", why));
}

// The owner's; only over TCP they need one.
absl::StatusOr<std::string> OwnerToken(const ServerOptions& options) {
  const auto tcp = std::ranges::find_if(
      options.addresses, [](const net::ListenAddress& address) { return address.path.empty(); });
  const bool needed = options.tokens_elsewhere || tcp != options.addresses.end();
  if (!options.owner_token.empty() || !needed) return options.owner_token;
  constexpr absl::string_view kAdvice =
      "; over TCP callers must show a token: name a place for yours by --token-file, or give it "
      "in SPIKED_OWNER_TOKEN";
  const auto cannot = [&](absl::string_view why) {
    const std::string text = absl::StrCat(why, kAdvice);
    if (tcp != options.addresses.end()) return CannotListen(*tcp, text);
    return absl::UnavailableError(absl::StrCat("cannot listen for browsers: ", text));
  };
  if (options.token_file.empty()) return cannot("there is no home to keep a token in");
  auto token = access::TokenInFile(options.token_file);
  if (token.ok()) return token;
  return cannot(token.status().message());
}

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, std::unique_ptr<access::Gate> gate,
       std::unique_ptr<storage::Storage> storage)
      : addresses_(options.addresses),
        tls_(options.tls),
        reflection_(options.reflection),
        drain_timeout_(options.drain_timeout),
        gate_(std::move(gate)),
        storage_(std::move(storage)),
        registry_(options.limits, options.workers, gate_.get(), storage_.get()),
        front_(&registry_, gate_.get()) {}

  ~Impl() { Stop(); }

  absl::Status Start();
  void Stop();
  void Reload(const session::Limits& limits) {
    registry_.SetLimits(limits);
    gate_->Reload().IgnoreError();  // the log tells
  }

  const std::vector<net::ListenAddress>& addresses() const { return addresses_; }
  session::Registry& registry() { return registry_; }
  void Add(std::unique_ptr<session::Front> front) { others_.push_back(std::move(front)); }

 private:
  std::vector<net::ListenAddress> addresses_;
  const net::TlsFiles tls_;
  const bool reflection_;
  const std::chrono::seconds drain_timeout_;
  const std::unique_ptr<access::Gate> gate_;
  const std::unique_ptr<storage::Storage> storage_;
  session::Registry registry_;
  Front front_;
  std::vector<std::unique_ptr<session::Front>> others_;
  std::unique_ptr<grpc::Server> server_;
  net::Acceptor acceptor_;
};

absl::Status Server::Impl::Start() {
  if (absl::Status status = registry_.Restore(); !status.ok()) return status;
  // Both hold for all servers of the process: gRPC offers them no other way.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  if (!reflection_) builder.SetOption(std::make_unique<NoReflection>());
  Configure(registry_.limits(), builder);
  front_.AddTo(builder);
  const auto add = [&builder](const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    return std::shared_ptr(builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials));
  };
  const auto plain = add(grpc::InsecureServerCredentials());
  const auto over_tcp = tls_.empty() ? plain : add(TlsCredentials(tls_));
  for (auto here = addresses_.begin(); here != addresses_.end(); ++here) {
    const bool any_port = here->path.empty() && here->port == 0;
    if (!any_port && std::find(addresses_.begin(), here, *here) != here) {
      return CannotListen(*here, "it is given twice");
    }
    absl::Status status = here->fd < 0 ? net::PrepareToListen(*here) : absl::OkStatus();
    if (status.ok()) status = acceptor_.Listen(*here);
    if (!status.ok()) return CannotListen(*here, status.message());
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::UnavailableError("cannot start the server");
  // The server as a whole (an empty name) is healthy from its start.
  for (const auto& service : front_.services()) {
    server_->GetHealthCheckService()->SetServingStatus(service->name(), true);
  }
  front_.Start();
  return acceptor_.Start([plain, over_tcp](int fd, bool tcp) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = fd;
    (tcp ? over_tcp : plain)->HandleNewConnection(&connection);
  });
}

void Server::Impl::Stop() {
  if (server_ == nullptr) return;
  // First, so that whoever sends clients here sends no more of them.
  server_->GetHealthCheckService()->Shutdown();
  registry_.Drain();
  front_.EndStreams();
  for (const auto& other : others_) other->EndStreams();
  const auto end = session::Clock::now() + drain_timeout_;
  while (registry_.busy() && session::Clock::now() < end) std::this_thread::sleep_for(kDrainPause);
  acceptor_.Stop();
  front_.Close();
  for (const auto& other : others_) other->Close();
  registry_.Close();
  server_->Shutdown(std::chrono::system_clock::now() + kGrace);
  front_.Drain();
  for (const auto& other : others_) other->Drain();
  server_->Wait();
  server_.reset();
}

absl::Status Server::Check(const ServerOptions& options) {
  if (!options.tls.empty()) {
    if (absl::Status status = net::CheckTls(options.tls); !status.ok()) return status;
  }
  return access::Gate::Open({.accounts_file = options.accounts_file, .owner_token = ""}).status();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  if (!options.tls.empty()) {
    if (absl::Status status = net::CheckTls(options.tls); !status.ok()) return status;
  }
  auto token = OwnerToken(options);
  if (!token.ok()) return token.status();
  auto gate = access::Gate::Open(
      {.accounts_file = options.accounts_file, .owner_token = *std::move(token)});
  if (!gate.ok()) return gate.status();
  std::unique_ptr<storage::Storage> storage;
  if (!options.data_dir.empty()) {
    auto opened = storage::SqliteStorage::Open({.folder = options.data_dir});
    if (!opened.ok()) return opened.status();
    storage = *std::move(opened);
  }
  auto impl = std::make_unique<Impl>(options, *std::move(gate), std::move(storage));
  if (absl::Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

const std::vector<net::ListenAddress>& Server::addresses() const { return impl_->addresses(); }
const session::Instance& Server::instance() const { return registry().instance(); }
const session::Registry& Server::registry() const { return impl_->registry(); }
session::Registry& Server::registry() { return impl_->registry(); }
void Server::Add(std::unique_ptr<session::Front> front) { impl_->Add(std::move(front)); }
void Server::Reload(const session::Limits& limits) { impl_->Reload(limits); }
void Server::Stop() { impl_->Stop(); }

}  // namespace spiked::rpc
