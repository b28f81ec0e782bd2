#include "server/session/page_token.h"

#include <array>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

using ::testing::ElementsAre;

TEST(PageTokenTest, BringsItsPlaceBack) {
  EXPECT_EQ(*PlaceOf("request", MakePageToken("request", "place")), "place");
  EXPECT_EQ(*PlaceOf("request", MakePageToken("request", "")), "");
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const std::string token = MakePageToken("request", std::array<int64_t, 3>{0, -1, kMost});
  EXPECT_THAT(*NumbersOf("request", token, 3), ElementsAre(0, -1, kMost));
}

TEST(PageTokenTest, RefusesEverythingElse) {
  const std::string token = MakePageToken("request", std::array<int64_t, 2>{1, 2});
  ASSERT_TRUE(NumbersOf("request", token, 2).ok());
  const auto expect_refused = [](const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(engine::FieldOf(status), "page_token");
  };
  expect_refused(NumbersOf("another request", token, 2).status());
  expect_refused(NumbersOf("request", token, 3).status());
  expect_refused(NumbersOf("request", MakePageToken("request", "1,x"), 2).status());
  expect_refused(
      NumbersOf("request", MakePageToken("request", "1,99999999999999999999"), 2).status());
  for (const std::string& text : {std::string("x"), token.substr(1), token.substr(0, 8),
                                  "!" + token, std::string(1 << 20, 'A')}) {
    expect_refused(PlaceOf("request", text).status());
  }
}

}  // namespace
}  // namespace spiked::session
