// What the tests of the server over real gRPC share.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "spiked/v1/catalog_service.grpc.pb.h"
#include "spiked/v1/simulation_service.grpc.pb.h"
#include "tests/session/fixtures.h"
#include "tests/support/server_process.h"

namespace spiked::rpc {

// The detail of that type; empty if there is none.
template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status rpc;
  EXPECT_TRUE(rpc.ParseFromString(status.error_details()));
  Detail detail;
  for (const auto& any : rpc.details()) {
    if (any.Is<Detail>()) any.UnpackTo(&detail);
  }
  return detail;
}

// Checks everything that an error promises. An empty field: there is none.
inline void ExpectError(const grpc::Status& status, grpc::StatusCode code,
                        const std::string& reason, const std::string& field) {
  EXPECT_EQ(status.error_code(), code) << status.error_message();
  EXPECT_FALSE(status.error_message().empty());
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.domain(), "spiked");
  EXPECT_EQ(info.reason(), reason) << status.error_message();
  const auto violations = DetailOf<google::rpc::BadRequest>(status).field_violations();
  ASSERT_EQ(violations.size(), field.empty() ? 0 : 1) << status.error_message();
  if (!field.empty()) {
    EXPECT_EQ(violations[0].field(), field);
    // Whoever sees nothing but the message learns the field, too.
    EXPECT_EQ(absl::StrCat(field, ": ", violations[0].description()), status.error_message());
  }
}

// A connection that is shared with no other channel.
inline std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// A client with a connection of its own.
struct Stubs {
  explicit Stubs(const std::string& address) {
    const auto channel = NewChannel(address);
    simulation = v1::SimulationService::NewStub(channel);
    catalog = v1::CatalogService::NewStub(channel);
  }

  std::unique_ptr<v1::SimulationService::Stub> simulation;
  std::unique_ptr<v1::CatalogService::Stub> catalog;
};

// Calls a unary method.
template <typename Stub, typename Request, typename Response>
grpc::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  return (stub.*method)(&context, request, response);
}

// How a call of any method ends: to the wire a unary call is a stream like any other.
// An empty token: none is shown. Without a request nothing is sent. With `once` it is
// cancelled after its first answer.
inline grpc::Status CallMethod(const std::string& address, const std::string& path,
                               const std::string& token,
                               const google::protobuf::Message* request = nullptr,
                               bool once = false) {
  using Stream = grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
  const auto channel = NewChannel(address);
  grpc::ClientContext context;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  const std::unique_ptr<Stream> stream(
      grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
          channel.get(),
          grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING),
          &context));
  if (request != nullptr) {
    const grpc::Slice slice(request->SerializeAsString());
    stream->Write(grpc::ByteBuffer(&slice, 1));
    stream->WritesDone();
    grpc::ByteBuffer answer;
    while (stream->Read(&answer)) {
      if (once) context.TryCancel();
    }
  }
  return stream->Finish();
}

// One server for all tests of a suite.
class RpcTest : public ::testing::Test {
 protected:
  using Simulation = v1::SimulationService::Stub;

  static void SetUpTestSuite() {
    server_ = new testing::ServerProcess();
    const absl::Status status = server_->Start();
    ASSERT_TRUE(status.ok()) << status;
  }
  static void TearDownTestSuite() {
    // Whatever a test has done to it, it is alive and stops in order.
    EXPECT_EQ(server_->Stop(), 0) << server_->Log();
    delete server_;
    server_ = nullptr;
  }

  RpcTest() : stubs_(server_->address()) {}

  Simulation& stub() { return *stubs_.simulation; }

  // Creates a session with the small network.
  std::string CreateSession(const std::string& id = "") {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.set_seed(7);
    v1::CreateSessionResponse response;
    const grpc::Status status = Call(stub(), &Simulation::CreateSession, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    v1::CreateNetworkRequest network = session::SmallNetwork();
    network.set_session(response.session().name());
    v1::CreateNetworkResponse created;
    EXPECT_TRUE(Call(stub(), &Simulation::CreateNetwork, network, &created).ok());
    return response.session().name();
  }

  void DeleteSession(const std::string& name) {
    v1::DeleteSessionRequest request;
    request.set_session(name);
    v1::DeleteSessionResponse response;
    EXPECT_TRUE(Call(stub(), &Simulation::DeleteSession, request, &response).ok());
  }

  v1::Session Describe(const std::string& name) {
    v1::GetSessionRequest request;
    request.set_session(name);
    v1::GetSessionResponse response;
    EXPECT_TRUE(Call(stub(), &Simulation::GetSession, request, &response).ok());
    return response.session();
  }

  // Until the session's time is beyond `ms`.
  void WaitForTime(const std::string& name, double ms) {
    const auto deadline = session::Clock::now() + std::chrono::seconds(30);
    while (Describe(name).time_ms() <= ms && session::Clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_GT(Describe(name).time_ms(), ms);
  }

  bool Halt(const std::string& name) {
    v1::HaltSessionRequest request;
    request.set_session(name);
    v1::HaltSessionResponse response;
    EXPECT_TRUE(Call(stub(), &Simulation::HaltSession, request, &response).ok());
    return response.stepping();
  }

  static testing::ServerProcess* server_;
  Stubs stubs_;
};

inline testing::ServerProcess* RpcTest::server_ = nullptr;

}  // namespace spiked::rpc
