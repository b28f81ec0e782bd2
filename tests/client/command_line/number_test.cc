#include "client/command_line/number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace spiked {
namespace {

TEST(ReadNumberTest, ReadsWholeNumbersAsPeopleWriteThem) {
  EXPECT_EQ(*ReadNumber<int>("7", 1, 9), 7);
  EXPECT_EQ(*ReadNumber<int>("-7", -9, 9), -7);
  EXPECT_EQ(*ReadNumber<int>("010", 1, 99), 10) << "decimal, not octal";
  EXPECT_EQ(*ReadNumber<uint64_t>("18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
}

TEST(ReadNumberTest, ReadsDecimals) {
  EXPECT_EQ(*ReadNumber("1.5", 0.0, 9.0), 1.5);
  EXPECT_EQ(*ReadNumber("2e-3", 0.0, 9.0), 0.002);
}

TEST(ReadNumberTest, RefusesWhatIsNoneOrBeyondTheBounds) {
  for (const char* text :
       {"", " 5", "5 ", "5x", "x", "0x5", "5.0", "+5", "0", "10", "-5", "99999999999999999999"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadNumber<int>(text, 1, 9).status())) << text;
  }
  for (const char* text : {"", "nan", "inf", "-1", "9.5", "1,5"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadNumber(text, 0.0, 9.0).status())) << text;
  }
}

TEST(ReadNumberTest, TellsWhatItMayBe) {
  EXPECT_EQ(ReadNumber<int>("x", 1, 9).status().message(),
            "must be a whole number from 1 to 9, not 'x'");
  EXPECT_EQ(ReadNumber("x", 0.0, 1e9).status().message(),
            "must be a number from 0 to 1e+09, not 'x'");
}

}  // namespace
}  // namespace spiked
