// spiked.v1.CatalogService: what the server offers.
#pragma once

#include <grpcpp/grpcpp.h>

#include "server/rpc/instance.h"
#include "server/session/limits.h"
#include "spiked/v1/catalog_service.grpc.pb.h"

namespace spiked::rpc {

// Bytes of one request.
inline constexpr int kMaxRequestBytes = 64 << 20;

class CatalogService final : public v1::CatalogService::Service {
 public:
  // `instance` must outlive the service.
  CatalogService(const session::Limits& limits, const Instance* instance)
      : limits_(limits), instance_(*instance) {}

  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* response) override;
  grpc::Status ListPresets(grpc::ServerContext* context, const v1::ListPresetsRequest* request,
                           v1::ListPresetsResponse* response) override;
  grpc::Status GetServerInfo(grpc::ServerContext* context, const v1::GetServerInfoRequest* request,
                             v1::GetServerInfoResponse* response) override;

 private:
  const session::Limits limits_;
  const Instance& instance_;
};

}  // namespace spiked::rpc
