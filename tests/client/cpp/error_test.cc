#include "client/cpp/error.h"

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace spiked::client {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::Pair;

// An error as a server sends it.
grpc::Status ServerError(const std::string& message = "unknown model") {
  google::rpc::ErrorInfo info;
  info.set_reason("UNKNOWN_MODEL");
  info.set_domain("spiked");
  (*info.mutable_metadata())["model"] = "iaf_psc_expp";
  google::rpc::BadRequest request;
  auto* violation = request.add_field_violations();
  violation->set_field("specification.populations[2].model");
  violation->set_description("is no model of the catalogue");
  google::rpc::Status wire;
  wire.add_details()->PackFrom(info);
  wire.add_details()->PackFrom(request);
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, message, wire.SerializeAsString());
}

TEST(ToAbslStatusTest, KeepsSuccess) { EXPECT_TRUE(ToAbslStatus(grpc::Status::OK).ok()); }

TEST(ToAbslStatusTest, KeepsTheCode) {
  EXPECT_TRUE(absl::IsAborted(ToAbslStatus({grpc::StatusCode::ABORTED, "elsewhere"})));
  EXPECT_TRUE(absl::IsUnauthenticated(ToAbslStatus({grpc::StatusCode::UNAUTHENTICATED, "who?"})));
}

TEST(ToAbslStatusTest, TellsReasonAndFieldInTheMessage) {
  EXPECT_EQ(std::string(ToAbslStatus(ServerError()).message()),
            "unknown model [UNKNOWN_MODEL] "
            "(specification.populations[2].model: is no model of the catalogue)");
}

TEST(ToAbslStatusTest, DoesNotTellTheFieldTwice) {
  const std::string message = "specification.populations[2].model: is no model of the catalogue";
  EXPECT_EQ(std::string(ToAbslStatus(ServerError(message)).message()),
            message + " [UNKNOWN_MODEL]");
}

TEST(ToAbslStatusTest, LeavesAMessageWithoutDetailsAlone) {
  EXPECT_EQ(std::string(ToAbslStatus({grpc::StatusCode::UNAVAILABLE, "gone"}).message()), "gone");
}

TEST(ToAbslStatusTest, SurvivesDetailsThatAreGarbage) {
  const absl::Status status =
      ToAbslStatus({grpc::StatusCode::INTERNAL, "broken", "\xff\xff not a message"});
  EXPECT_TRUE(absl::IsInternal(status));
  EXPECT_EQ(GetErrorDetails(status), ErrorDetails());
}

TEST(GetErrorDetailsTest, ReturnsWhatTheServerSaid) {
  const ErrorDetails details = GetErrorDetails(ToAbslStatus(ServerError()));
  EXPECT_EQ(details.reason, "UNKNOWN_MODEL");
  EXPECT_EQ(details.domain, "spiked");
  EXPECT_THAT(details.metadata, ElementsAre(Pair("model", "iaf_psc_expp")));
  EXPECT_THAT(details.field_violations,
              ElementsAre(Eq(ErrorDetails::FieldViolation{"specification.populations[2].model",
                                                          "is no model of the catalogue"})));
}

TEST(GetErrorDetailsTest, IsEmptyForOtherErrors) {
  EXPECT_EQ(GetErrorDetails(absl::InternalError("x")), ErrorDetails());
  EXPECT_EQ(GetErrorDetails(absl::OkStatus()), ErrorDetails());
}

}  // namespace
}  // namespace spiked::client
