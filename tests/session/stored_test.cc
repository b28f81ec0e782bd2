#include "server/session/stored.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/session/error.h"

namespace spiked::session {
namespace {

using ::testing::HasSubstr;

TEST(StoredTest, AnAccountHasWhatItIsAllowed) {
  StoredTotal total;
  StoredBytes anna(&total);
  EXPECT_TRUE(anna.Check(1 << 30).ok()) << "all there is, unless told otherwise";
  anna.SetLimit(100);
  anna.Count(60);
  EXPECT_TRUE(anna.Check(40).ok());
  const absl::Status refused = anna.Check(41);
  EXPECT_EQ(QuotaOf(refused), "stored_bytes");
  EXPECT_THAT(refused.message(), HasSubstr("takes 60 bytes, and may take 100"));
  anna.Count(40);
  EXPECT_FALSE(anna.Check(0).ok()) << "there is no room for anything";
  anna.Count(-1);
  EXPECT_TRUE(anna.Check(0).ok());
}

TEST(StoredTest, WhoLeavesToOthersTakesNoMoreThanIsLeft) {
  StoredTotal total;
  total.SetCapacity(1000);
  StoredBytes anna(&total), bert(&total), carl(&total);
  for (StoredBytes* one : {&anna, &bert}) one->SetLeavesToOthers(true);
  EXPECT_TRUE(anna.Check(500).ok());
  EXPECT_FALSE(anna.Check(501).ok());
  anna.Count(500);
  EXPECT_THAT(anna.Check(0).message(), HasSubstr("there are 500 left"));
  EXPECT_TRUE(bert.Check(250).ok());
  EXPECT_FALSE(bert.Check(251).ok());
  EXPECT_TRUE(carl.Check(10'000).ok()) << "has as much as the disk";
  // What others give back is for all; what is stored stays where there is less room.
  anna.Count(-500);
  EXPECT_TRUE(bert.Check(500).ok());
  bert.Count(500);
  total.SetCapacity(100);
  EXPECT_EQ(total.left(), 0u);
  EXPECT_FALSE(bert.Check(0).ok());
}

}  // namespace
}  // namespace spiked::session
