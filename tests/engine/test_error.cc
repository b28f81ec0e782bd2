#include <gtest/gtest.h>

#include "server/engine/error.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

TEST(FieldError, CarriesFieldAndReason) {
  const auto status = FieldError(absl::StatusCode::kAlreadyExists, "TAKEN", "a.b[2]", "text");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status.message(), "text");
  EXPECT_EQ(FieldOf(status), "a.b[2]");
  EXPECT_EQ(ReasonOf(status), "TAKEN");
}

TEST(InvalidField, AndNotFoundHaveReasonsOfTheirOwn) {
  EXPECT_THAT(InvalidField("x", ""), IsInvalid("x"));
  EXPECT_EQ(ReasonOf(InvalidField("x", "")), "INVALID_FIELD");
  EXPECT_THAT(NotFound("x", ""), IsNotFound("x"));
  EXPECT_EQ(ReasonOf(NotFound("x", "")), "NOT_FOUND");
}

TEST(ReasonError, HasNoField) {
  const auto status = ReasonError(absl::StatusCode::kResourceExhausted, "FULL", "text");
  EXPECT_EQ(FieldOf(status), std::nullopt);
  EXPECT_EQ(ReasonOf(status), "FULL");
}

TEST(Within, PutsTheFieldOneLevelDown) {
  const auto status = Within("outer[1]", Within("rule", InvalidField("degree", "text")));
  EXPECT_THAT(status, IsInvalid("outer[1].rule.degree"));
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(status.message(), "text");
}

TEST(Within, NamesTheOuterFieldWhereTheInnerHasNoName) {
  EXPECT_THAT(Within("rule", InvalidField("", "text")), IsInvalid("rule"));
}

TEST(Within, LeavesAloneWhatHasNoField) {
  EXPECT_EQ(Within("rule", absl::OkStatus()), absl::OkStatus());
  EXPECT_EQ(FieldOf(Within("rule", absl::InternalError("text"))), std::nullopt);
}

}  // namespace
}  // namespace spiked::engine
