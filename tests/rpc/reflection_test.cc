// gRPC's reflection: a client that knows nothing of spiked but its address.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

namespace pb = google::protobuf;
using ::testing::IsSupersetOf;
using Json = nlohmann::json;

constexpr char kReflection[] = "grpc.reflection.v1alpha.ServerReflection";

class ReflectionTest : public RpcTest {
 protected:
  ReflectionTest() : stub_(NewChannel(server_->address())) {
    // Brings the description of the one method that such a client has in it.
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    reflection_ = pb::DescriptorPool::generated_pool()->FindServiceByName(kReflection)->method(0);
  }

  // Calls a method with messages that only its descriptor describes. With one
  // message each way a stream is a unary call to the wire.
  Json Call(const pb::MethodDescriptor& method, const Json& request) {
    const std::unique_ptr<pb::Message> in(messages_.GetPrototype(method.input_type())->New());
    const std::unique_ptr<pb::Message> out(messages_.GetPrototype(method.output_type())->New());
    EXPECT_TRUE(pb::util::JsonStringToMessage(request.dump(), in.get()).ok());
    grpc::ClientContext context;
    std::promise<grpc::Status> done;
    stub_.UnaryCall(&context, absl::StrCat("/", method.service()->full_name(), "/", method.name()),
                    {}, in.get(), out.get(), [&](grpc::Status status) { done.set_value(status); });
    const grpc::Status status = done.get_future().get();
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::string json;
    EXPECT_TRUE(pb::util::MessageToJsonString(*out, &json).ok());
    return Json::parse(json);
  }

  Json Ask(const Json& request) { return Call(*reflection_, request); }

  std::vector<std::string> Services() {
    std::vector<std::string> names;
    const Json answer = Ask({{"listServices", ""}});
    for (const Json& service : answer["listServicesResponse"]["service"]) {
      names.push_back(service["name"]);
    }
    return names;
  }

  // The service as the server describes it.
  const pb::ServiceDescriptor* Describe(const std::string& service) {
    const Json answer = Ask({{"fileContainingSymbol", service}});
    for (const Json& bytes : answer["fileDescriptorResponse"]["fileDescriptorProto"]) {
      std::string serialized;
      EXPECT_TRUE(absl::Base64Unescape(bytes.get<std::string>(), &serialized));
      pb::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(serialized));
      pb::FileDescriptorProto known;
      if (!told_.FindFileByName(file.name(), &known)) told_.Add(file);
    }
    return told_pool_.FindServiceByName(service);
  }

 private:
  const pb::MethodDescriptor* reflection_;
  pb::SimpleDescriptorDatabase told_;
  pb::DescriptorPool told_pool_{&told_};
  pb::DynamicMessageFactory messages_;
  grpc::TemplatedGenericStub<pb::Message, pb::Message> stub_;
};

TEST_F(ReflectionTest, ListsAllServicesAndDescribesEachMethod) {
  const std::vector<std::string> services = Services();
  EXPECT_THAT(services,
              IsSupersetOf({std::string("spiked.v1.SimulationService"),
                            std::string("spiked.v1.CatalogService"),
                            std::string("grpc.health.v1.Health"), std::string(kReflection)}));
  for (const std::string& name : services) {
    const pb::ServiceDescriptor* service = Describe(name);
    ASSERT_NE(service, nullptr) << name;
    EXPECT_GT(service->method_count(), 0) << name;
  }
}

TEST_F(ReflectionTest, AClientNeedsNoMoreToWork) {
  const pb::ServiceDescriptor* catalog = Describe("spiked.v1.CatalogService");
  ASSERT_NE(catalog, nullptr);
  const Json info = Call(*catalog->FindMethodByName("GetServerInfo"), Json::object());
  EXPECT_EQ(info["version"], SPIKED_VERSION);
  const pb::ServiceDescriptor* simulation = Describe("spiked.v1.SimulationService");
  ASSERT_NE(simulation, nullptr);
  const Json created = Call(*simulation->FindMethodByName("CreateSession"),
                            {{"sessionId", "by-reflection"}, {"seed", "7"}});
  EXPECT_EQ(created["session"]["name"], "sessions/by-reflection");
  const Json deleted =
      Call(*simulation->FindMethodByName("DeleteSession"), {{"session", "sessions/by-reflection"}});
  EXPECT_EQ(deleted, Json::object());
}

TEST_F(ReflectionTest, WhatIsNotThereIsNotFound) {
  const Json answer = Ask({{"fileContainingSymbol", "spiked.v2.CatalogService"}});
  EXPECT_EQ(answer["errorResponse"]["errorCode"], 5) << answer;
}

TEST(ReflectionTurnedOffTest, IsNotThere) {
  testing::ServerProcess server({"--no-reflection"});
  ASSERT_TRUE(server.Start().ok());
  const grpc::Status status =
      CallMethod(server.address(), absl::StrCat("/", kReflection, "/ServerReflectionInfo"), "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace spiked::rpc
