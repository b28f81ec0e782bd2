#include "server/rpc/simulation_service.h"

#include <memory>
#include <string>

#include "server/engine/error.h"
#include "server/rpc/call.h"
#include "server/rpc/status.h"
#include "spdlog/spdlog.h"

namespace spiked::rpc {

using grpc::ServerContext;
using session::Session;

grpc::Status SimulationService::CreateSession(ServerContext* context,
                                              const v1::CreateSessionRequest* request,
                                              v1::CreateSessionResponse* response) {
  instance_.Announce(context);
  absl::Status status = registry_.Create(*request, response);
  if (status.ok()) spdlog::info("created {}", response->session().name());
  return ToGrpc(status);
}

grpc::Status SimulationService::GetSession(ServerContext* context,
                                           const v1::GetSessionRequest* request,
                                           v1::GetSessionResponse* response) {
  instance_.Announce(context);
  const auto session = registry_.Find(request->session());
  if (!session.ok()) return ToGrpc(session.status());
  (*session)->Describe(response->mutable_session());
  return grpc::Status::OK;
}

grpc::Status SimulationService::ListSessions(ServerContext* context,
                                             const v1::ListSessionsRequest* request,
                                             v1::ListSessionsResponse* response) {
  instance_.Announce(context);
  return ToGrpc(registry_.List(*request, response));
}

grpc::Status SimulationService::DeleteSession(ServerContext* context,
                                              const v1::DeleteSessionRequest* request,
                                              v1::DeleteSessionResponse* response) {
  instance_.Announce(context);
  absl::Status status = registry_.Delete(*request);
  if (status.ok()) spdlog::info("deleted {}", request->session());
  return ToGrpc(status);
}

grpc::Status SimulationService::HaltSession(ServerContext* context,
                                            const v1::HaltSessionRequest* request,
                                            v1::HaltSessionResponse* response) {
  instance_.Announce(context);
  const auto session = registry_.Find(request->session());
  if (!session.ok()) return ToGrpc(session.status());
  response->set_stepping((*session)->Halt());
  return grpc::Status::OK;
}

template <typename Request, typename Response>
grpc::Status SimulationService::OnSession(
    ServerContext* context, const Request* request, Response* response,
    absl::Status (Session::*command)(const Request&, const session::Caller&, Response*)) {
  instance_.Announce(context);
  const auto session = registry_.Find(request->session());
  if (!session.ok()) return ToGrpc(session.status());
  return ToGrpc(((**session).*command)(*request, CallCaller(*context), response));
}

grpc::Status SimulationService::CreateNetwork(ServerContext* context,
                                              const v1::CreateNetworkRequest* request,
                                              v1::CreateNetworkResponse* response) {
  return OnSession(context, request, response, &Session::CreateNetwork);
}

grpc::Status SimulationService::GetNetwork(ServerContext* context,
                                           const v1::GetNetworkRequest* request,
                                           v1::GetNetworkResponse* response) {
  return OnSession(context, request, response, &Session::GetNetwork);
}

grpc::Status SimulationService::SetInput(ServerContext* context, const v1::SetInputRequest* request,
                                         v1::SetInputResponse* response) {
  return OnSession(context, request, response, &Session::SetInput);
}

grpc::Status SimulationService::ApplyReward(ServerContext* context,
                                            const v1::ApplyRewardRequest* request,
                                            v1::ApplyRewardResponse* response) {
  return OnSession(context, request, response, &Session::ApplyReward);
}

grpc::Status SimulationService::Step(ServerContext* context, const v1::StepRequest* request,
                                     v1::StepResponse* response) {
  return OnSession(context, request, response, &Session::Step);
}

grpc::Status SimulationService::StepStream(
    ServerContext* context,
    grpc::ServerReaderWriter<v1::StepStreamResponse, v1::StepStreamRequest>* stream) {
  instance_.Announce(context);
  stream->SendInitialMetadata();  // at once: the first step may be long
  const CallCaller caller(*context);
  // Kept from step to step, so that their buffers are.
  v1::StepStreamRequest request;
  v1::StepStreamResponse response;
  std::string name;
  std::shared_ptr<Session> session;
  while (stream->Read(&request)) {
    const v1::StepRequest& step = request.step();
    if (session == nullptr) {
      auto found = registry_.Find(step.session());
      if (!found.ok()) return ToGrpc(engine::Within("step", found.status()));
      session = *std::move(found);
      name = step.session();
    } else if (!step.session().empty() && step.session() != name) {
      return ToGrpc(
          engine::InvalidField("step.session", "a stream steps the session of its first request"));
    }
    response.Clear();
    absl::Status status = session->Step(step, caller, response.mutable_step());
    if (!status.ok()) return ToGrpc(engine::Within("step", status));
    if (!stream->Write(response)) break;
  }
  return grpc::Status::OK;
}

grpc::Status SimulationService::GetSpikes(ServerContext* context,
                                          const v1::GetSpikesRequest* request,
                                          v1::GetSpikesResponse* response) {
  return OnSession(context, request, response, &Session::GetSpikes);
}

grpc::Status SimulationService::GetSignals(ServerContext* context,
                                           const v1::GetSignalsRequest* request,
                                           v1::GetSignalsResponse* response) {
  return OnSession(context, request, response, &Session::GetSignals);
}

grpc::Status SimulationService::GetWeights(ServerContext* context,
                                           const v1::GetWeightsRequest* request,
                                           v1::GetWeightsResponse* response) {
  return OnSession(context, request, response, &Session::GetWeights);
}

grpc::Status SimulationService::SetWeights(ServerContext* context,
                                           const v1::SetWeightsRequest* request,
                                           v1::SetWeightsResponse* response) {
  return OnSession(context, request, response, &Session::SetWeights);
}

}  // namespace spiked::rpc
