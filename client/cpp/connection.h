// The channel that a client and its sessions share. Private to the library: it
// keeps gRPC's headers away from those who use it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cpp/attempts.h"
#include "client/cpp/client.h"
#include "client/cpp/encryption.h"
#include "spiked/v1/access_service.grpc.pb.h"
#include "spiked/v1/catalog_service.grpc.pb.h"
#include "spiked/v1/simulation_service.grpc.pb.h"

namespace spiked::client {

class Connection {
 public:
  // Does not wait for the server.
  Connection(std::string address, const ClientOptions& options, const Credentials& credentials);

  const std::string& address() const { return address_; }
  absl::Duration call_timeout() const { return call_timeout_; }
  absl::Duration reconnect_for() const { return reconnect_for_; }
  v1::SimulationService::Stub& simulation() { return *simulation_; }

  // The server's instance according to its last answer.
  std::string instance() const;

  // OK if the server says that it serves.
  absl::Status CheckHealth();

  // Makes a call say who it comes from.
  void Prepare(grpc::ClientContext& context) const;

  // Takes down the instance that the initial metadata of an answer names.
  void NoteInstance(const grpc::ClientContext& context);

  // The outcome of a call. UNAVAILABLE says which server it was that did not
  // answer, has been lost, or is shutting down.
  absl::Status ToStatus(const grpc::Status& status) const;

  // Carries out a unary call. An infinite timeout waits as long as it takes.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::SimulationService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration timeout) {
    return CallStub(*simulation_, method, request, timeout);
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::CatalogService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration timeout) {
    return CallStub(*catalog_, method, request, timeout);
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::AccessService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration timeout) {
    return CallStub(*access_, method, request, timeout);
  }
  template <typename Method, typename Request>
  auto Call(Method method, const Request& request) {
    return Call(method, request, call_timeout_);
  }

  // Carries out a call under one request id, again and again for so long where it is not
  // answered.
  template <typename Method, typename Request>
  auto CallPatiently(absl::Duration patience, Method method, Request& request,
                     absl::Duration timeout) {
    if constexpr (requires { request.set_request_id(""); }) {
      if (request.request_id().empty()) request.set_request_id(NewRequestId());
    }
    Attempts attempts(patience);
    for (;;) {
      auto response = Call(method, request, timeout);
      if (response.ok() || !attempts.Again(response.status())) return response;
    }
  }

  // Carries out a call about a session; patiently if that survives its server.
  template <typename Method, typename Request>
  auto CallAbout(bool survives, Method method, Request& request, absl::Duration timeout) {
    if (!survives) return Call(method, request, timeout);
    return CallPatiently(reconnect_for_, method, request, timeout);
  }
  template <typename Method, typename Request>
  auto CallAbout(bool survives, Method method, Request& request) {
    return CallAbout(survives, method, request, call_timeout_);
  }

  // Carries out a call with an answer in several messages, each of which is given to
  // `take`. Takes as long as it takes.
  template <typename Request, typename Response, typename Take>
  absl::Status CallInParts(std::unique_ptr<grpc::ClientReader<Response>> (
                               v1::SimulationService::Stub::*method)(grpc::ClientContext*,
                                                                     const Request&),
                           const Request& request, Take take) {
    grpc::ClientContext context;
    Prepare(context);
    const auto reader = ((*simulation_).*method)(&context, request);
    Response response;
    while (reader->Read(&response)) take(response);
    const grpc::Status status = reader->Finish();
    NoteInstance(context);
    return ToStatus(status);
  }

 private:
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> CallStub(Stub& stub,
                                    grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                 const Request&, Response*),
                                    const Request& request, absl::Duration timeout) {
    grpc::ClientContext context;
    Prepare(context);
    if (timeout != absl::InfiniteDuration()) {
      context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    }
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    NoteInstance(context);
    if (!status.ok()) return ToStatus(status);
    return response;
  }

  const std::string address_;
  const bool encrypts_;
  const absl::Duration call_timeout_, reconnect_for_;
  const std::string authorization_;  // empty: none
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::SimulationService::Stub> simulation_;
  const std::unique_ptr<v1::CatalogService::Stub> catalog_;
  const std::unique_ptr<v1::AccessService::Stub> access_;

  mutable absl::Mutex mutex_;
  std::string instance_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace spiked::client
