#include "client/pong/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>

#include "client/pong/random.h"

namespace spiked::pong {
namespace {

TEST(NumberTextTest, IsThatOfJavaScript) {
  EXPECT_EQ(NumberText(0.0), "0");
  EXPECT_EQ(NumberText(-0.0), "0");
  EXPECT_EQ(NumberText(800.0), "800");
  EXPECT_EQ(NumberText(-2.5), "-2.5");
  EXPECT_EQ(NumberText(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(NumberText(1586.0000000000002), "1586.0000000000002");
  EXPECT_EQ(NumberText(123456789012345678901.0), "123456789012345680000");
  EXPECT_EQ(NumberText(1e20), "100000000000000000000");
  EXPECT_EQ(NumberText(1e21), "1e+21");
  EXPECT_EQ(NumberText(1.5e300), "1.5e+300");
  EXPECT_EQ(NumberText(0.05), "0.05");
  EXPECT_EQ(NumberText(1.25e-6), "0.00000125");
  EXPECT_EQ(NumberText(1e-7), "1e-7");
  EXPECT_EQ(NumberText(-1.5e-7), "-1.5e-7");
  EXPECT_EQ(NumberText(5e-324), "5e-324");
}

TEST(NumberTextTest, ReadsBackToTheLastBitInAtMost17Digits) {
  SplitMix64 random(3);
  for (int k = 0; k < 100'000; ++k) {
    const auto value = std::bit_cast<double>(random.Next());
    if (!std::isfinite(value)) continue;
    const std::string text = NumberText(value);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    ASSERT_LE(text.size(), 25u) << text;
  }
}

TEST(NumberTextTest, TakesNoMoreDigitsThanItMust) {
  // The usual printers give 17 digits for each of these.
  for (const char* text : {"5e-324", "9007199254740993000", "2e+23", "8.41e+21", "9.5e-300"}) {
    EXPECT_EQ(NumberText(std::strtod(text, nullptr)), text);
  }
}

TEST(JsonTextTest, HasNoSpacesAndKeepsTheOrderOfMembers) {
  const Json value = {{"z", {1, 2.0, 0.5}},        {"a", {{"yes", true}, {"none", nullptr}}},
                      {"text", "a \"b\"\n"},       {"empty", Json::array()},
                      {"nothing", Json::object()}, {"big", uint64_t{18446744073709551615u}}};
  EXPECT_EQ(JsonText(value),
            R"({"z":[1,2,0.5],"a":{"yes":true,"none":null},"text":"a \"b\"\n","empty":[],)"
            R"("nothing":{},"big":18446744073709551615})");
}

}  // namespace
}  // namespace spiked::pong
