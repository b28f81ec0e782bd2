#include "server/rpc/health_probe.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spiked/v1/catalog_service.grpc.pb.h"
#include "tests/support/temp_dir.h"

namespace spiked::rpc {
namespace {

using ::testing::HasSubstr;

class HealthProbeTest : public ::testing::Test {
 protected:
  // A gRPC server that offers something, and health if asked to.
  std::unique_ptr<grpc::Server> Serve(bool health) {
    grpc::EnableDefaultHealthCheckService(health);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.AddListeningPort(address_.ToString(), grpc::InsecureServerCredentials());
    return builder.BuildAndStart();
  }

  absl::Status Probe(absl::Duration timeout = absl::Seconds(30)) {
    const absl::Status status = ProbeHealth(address_, timeout);
    EXPECT_TRUE(status.ok() || absl::StartsWith(status.message(), address_.ToString())) << status;
    return status;
  }

  testing::TempDir dir_;
  const net::ListenAddress address_ = *net::ParseListenAddress("unix:" + dir_.File("s"));
  v1::CatalogService::Service service_;
};

TEST_F(HealthProbeTest, AServerThatServesIsWell) {
  const auto server = Serve(true);
  EXPECT_TRUE(Probe().ok());
}

TEST_F(HealthProbeTest, AServerThatServesNoMoreIsNot) {
  const auto server = Serve(true);
  server->GetHealthCheckService()->SetServingStatus(false);
  const absl::Status status = Probe();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("NOT_SERVING"));
}

TEST_F(HealthProbeTest, AServerWithoutHealthTellsSo) {
  const auto server = Serve(false);
  const absl::Status status = Probe();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("UNIMPLEMENTED"));
}

TEST_F(HealthProbeTest, NobodyThereIsUnavailable) {
  EXPECT_EQ(Probe().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HealthProbeTest, AServerThatHangsIsGivenUp) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, address_.path.c_str());
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  EXPECT_EQ(Probe(absl::Milliseconds(200)).code(), absl::StatusCode::kDeadlineExceeded);
  close(fd);
}

}  // namespace
}  // namespace spiked::rpc
