#include "client/cpp/attempts.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "client/cpp/error.h"

namespace spiked::client {
namespace {

TEST(RequestIdTest, IsAUuidLikeNoOther) {
  std::set<std::string> ids;
  for (int k = 0; k < 1000; ++k) {
    const std::string id = NewRequestId();
    EXPECT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '4');
    for (const size_t dash : {8, 13, 18, 23}) EXPECT_EQ(id[dash], '-');
    EXPECT_TRUE(ids.insert(id).second);
  }
}

TEST(AttemptsTest, GoOnWhereNobodyAnswersAndSomebodyMaySoon) {
  EXPECT_TRUE(MayComeBack(absl::UnavailableError("connection refused")));
  EXPECT_TRUE(
      MayComeBack(MakeError(absl::StatusCode::kUnavailable, "stopping", "SHUTTING_DOWN", {})));
  EXPECT_FALSE(
      MayComeBack(MakeError(absl::StatusCode::kUnavailable, "disk", "STORAGE_UNAVAILABLE", {})));
  EXPECT_FALSE(MayComeBack(absl::InternalError("")));
  EXPECT_FALSE(MayComeBack(absl::OkStatus()));
}

TEST(AttemptsTest, EndWhenThePatienceDoes) {
  Attempts attempts(absl::Milliseconds(100));
  int count = 0;
  while (attempts.Again(absl::UnavailableError(""))) ++count;
  EXPECT_GE(count, 1);
  EXPECT_LE(count, 10);
  EXPECT_FALSE(Attempts(absl::ZeroDuration()).Again(absl::UnavailableError("")));
}

}  // namespace
}  // namespace spiked::client
