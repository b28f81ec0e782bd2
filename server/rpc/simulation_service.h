// spiked.v1.SimulationService over the sessions of a registry.
#pragma once

#include <grpcpp/grpcpp.h>

#include "server/rpc/instance.h"
#include "server/session/registry.h"
#include "spiked/v1/simulation_service.grpc.pb.h"

namespace spiked::rpc {

// Each call runs on a thread of gRPC's own, which does the work itself.
class SimulationService final : public v1::SimulationService::Service {
 public:
  // Both must outlive the service.
  SimulationService(session::Registry* registry, const Instance* instance)
      : registry_(*registry), instance_(*instance) {}

  grpc::Status CreateSession(grpc::ServerContext* context, const v1::CreateSessionRequest* request,
                             v1::CreateSessionResponse* response) override;
  grpc::Status GetSession(grpc::ServerContext* context, const v1::GetSessionRequest* request,
                          v1::GetSessionResponse* response) override;
  grpc::Status ListSessions(grpc::ServerContext* context, const v1::ListSessionsRequest* request,
                            v1::ListSessionsResponse* response) override;
  grpc::Status DeleteSession(grpc::ServerContext* context, const v1::DeleteSessionRequest* request,
                             v1::DeleteSessionResponse* response) override;
  grpc::Status CreateNetwork(grpc::ServerContext* context, const v1::CreateNetworkRequest* request,
                             v1::CreateNetworkResponse* response) override;
  grpc::Status GetNetwork(grpc::ServerContext* context, const v1::GetNetworkRequest* request,
                          v1::GetNetworkResponse* response) override;
  grpc::Status SetInput(grpc::ServerContext* context, const v1::SetInputRequest* request,
                        v1::SetInputResponse* response) override;
  grpc::Status ApplyReward(grpc::ServerContext* context, const v1::ApplyRewardRequest* request,
                           v1::ApplyRewardResponse* response) override;
  grpc::Status Step(grpc::ServerContext* context, const v1::StepRequest* request,
                    v1::StepResponse* response) override;
  grpc::Status StepStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::StepStreamResponse, v1::StepStreamRequest>* stream) override;
  grpc::Status HaltSession(grpc::ServerContext* context, const v1::HaltSessionRequest* request,
                           v1::HaltSessionResponse* response) override;
  grpc::Status GetSpikes(grpc::ServerContext* context, const v1::GetSpikesRequest* request,
                         v1::GetSpikesResponse* response) override;
  grpc::Status GetSignals(grpc::ServerContext* context, const v1::GetSignalsRequest* request,
                          v1::GetSignalsResponse* response) override;
  grpc::Status GetWeights(grpc::ServerContext* context, const v1::GetWeightsRequest* request,
                          v1::GetWeightsResponse* response) override;
  grpc::Status SetWeights(grpc::ServerContext* context, const v1::SetWeightsRequest* request,
                          v1::SetWeightsResponse* response) override;

 private:
  // Carries out a command of the session that the request names.
  template <typename Request, typename Response>
  grpc::Status OnSession(grpc::ServerContext* context, const Request* request, Response* response,
                         absl::Status (session::Session::*command)(const Request&,
                                                                   const session::Caller&,
                                                                   Response*));

  session::Registry& registry_;
  const Instance& instance_;
};

}  // namespace spiked::rpc
