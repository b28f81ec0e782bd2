#include "server/rpc/status.h"

#include <string>

#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/error.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

TEST(StatusTest, EveryErrorHasAReason) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  ExpectError(ToGrpc(absl::InternalError("oops")), grpc::StatusCode::INTERNAL, "INTERNAL", "");
  ExpectError(ToGrpc(engine::ReasonError(absl::StatusCode::kAborted, "WHY", "m")),
              grpc::StatusCode::ABORTED, "WHY", "");
}

TEST(StatusTest, AFieldBecomesAViolation) {
  ExpectError(ToGrpc(engine::Within("step", engine::InvalidField("a[1].b", "is bad"))),
              grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "step.a[1].b");
}

TEST(StatusTest, BusySessionsMayBeTriedAgain) {
  const auto busy =
      ToGrpc(engine::ReasonError(absl::StatusCode::kResourceExhausted, "SESSION_BUSY", "16 wait"));
  EXPECT_GT(DetailOf<google::rpc::RetryInfo>(busy).retry_delay().nanos(), 0);
  const auto full = ToGrpc(session::QuotaError("sessions", "full"));
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(full).has_retry_delay());
  EXPECT_EQ(DetailOf<google::rpc::QuotaFailure>(full).violations(0).subject(), "sessions");
}

TEST(StatusTest, LongTextsFitIntoHeadersAndStayUtf8) {
  std::string text;
  while (text.size() < 100'000) text += "a\xC3\xA4\xF0\x9F\x90\x88";  // 1, 2 and 4 bytes
  const auto status = ToGrpc(engine::InvalidField(text, text));
  EXPECT_LT(status.error_message().size() * 3 + status.error_details().size() * 4 / 3, 6000u);
  // A string of protobuf that is not UTF-8 would not parse.
  ExpectError(status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
              DetailOf<google::rpc::ErrorInfo>(status).metadata().at("field"));
  EXPECT_GT(status.error_message().size(), 400u);
  EXPECT_LE(status.error_message().size(), 512u);
}

}  // namespace
}  // namespace spiked::rpc
