// gRPC's health service, as Kubernetes and load balancers use it.
#include <grpcpp/grpcpp.h>

#include <array>
#include <iterator>
#include <memory>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/rpc/fixtures.h"
#include "tests/support/server_process.h"

namespace spiked::rpc {
namespace {

namespace health = grpc::health::v1;
using Health = health::HealthCheckResponse;

constexpr const char* kServices[] = {"", "spiked.v1.SimulationService", "spiked.v1.CatalogService",
                                     "spiked.v1.AccessService"};

health::HealthCheckRequest Of(const std::string& service) {
  health::HealthCheckRequest request;
  request.set_service(service);
  return request;
}

class HealthTest : public RpcTest {
 protected:
  const std::unique_ptr<health::Health::Stub> health_ =
      health::Health::NewStub(NewChannel(server_->address()));
};

TEST_F(HealthTest, TheServerAndEachServiceServe) {
  for (const char* service : kServices) {
    Health response;
    const grpc::Status status =
        Call(*health_, &health::Health::Stub::Check, Of(service), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.status(), Health::SERVING) << service;
  }
}

TEST_F(HealthTest, AnUnknownServiceIsNotFound) {
  Health response;
  EXPECT_EQ(Call(*health_, &health::Health::Stub::Check, Of("spiked.v1"), &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, AnUnknownServiceCanBeWatchedUntilTheWatcherGoes) {
  grpc::ClientContext context;
  const auto watch = health_->Watch(&context, Of("spiked.v2.SimulationService"));
  Health response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Health::SERVICE_UNKNOWN);
  context.TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST(HealthOfAStoppingServerTest, WatchersAreToldThatItServesNoMore) {
  testing::ServerProcess server;
  ASSERT_TRUE(server.Start().ok());
  const auto stub = health::Health::NewStub(NewChannel(server.address()));
  struct Watch {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<Health>> reader;
  };
  std::array<Watch, std::size(kServices)> watches;
  Health response;
  for (size_t k = 0; k < watches.size(); ++k) {
    watches[k].reader = stub->Watch(&watches[k].context, Of(kServices[k]));
    ASSERT_TRUE(watches[k].reader->Read(&response));
    EXPECT_EQ(response.status(), Health::SERVING) << kServices[k];
  }
  EXPECT_EQ(server.Stop(), 0);
  for (size_t k = 0; k < watches.size(); ++k) {
    ASSERT_TRUE(watches[k].reader->Read(&response)) << kServices[k];
    EXPECT_EQ(response.status(), Health::NOT_SERVING) << kServices[k];
    EXPECT_FALSE(watches[k].reader->Read(&response));
    EXPECT_FALSE(watches[k].reader->Finish().ok());
  }
}

}  // namespace
}  // namespace spiked::rpc
