#include "client/verify/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace spiked::verify {
namespace {

using ::testing::HasSubstr;

const Constants kConstants = {
    {"N_e", int64_t{800}}, {"N_i", int64_t{200}}, {"C_e", int64_t{80}}, {"J", 40.0}, {"g", 5.0},
    {"zero", int64_t{0}}};

// The value for i and k.
absl::StatusOr<Number> Evaluate(absl::string_view text, int64_t i = 0, int64_t k = 0) {
  const auto expression = Expression::Parse(text, kConstants, {"i", "k"});
  if (!expression.ok()) return expression.status();
  return expression->Evaluate({i, k});
}

int64_t Whole(absl::string_view text, int64_t i = 0, int64_t k = 0) {
  const auto value = Evaluate(text, i, k);
  EXPECT_TRUE(value.ok() && std::holds_alternative<int64_t>(*value)) << value.status();
  return value.ok() ? std::get<int64_t>(*value) : -1;
}

double Real(absl::string_view text, int64_t i = 0, int64_t k = 0) {
  const auto value = Evaluate(text, i, k);
  EXPECT_TRUE(value.ok() && std::holds_alternative<double>(*value)) << value.status();
  return value.ok() ? std::get<double>(*value) : -1.0;
}

TEST(ExpressionTest, ProductsBindTighterThanSumsAndGoFromTheLeft) {
  EXPECT_EQ(Whole("2 + 3*4 - 1"), 13);
  EXPECT_EQ(Whole("10 - 4 - 3"), 3);
  EXPECT_EQ(Whole("(2 + 3)*4"), 20);
  EXPECT_EQ(Whole("7*5 mod 3"), 2);
  EXPECT_EQ(Whole("7 + 5 mod 3"), 9);
  EXPECT_EQ(Whole("--3 - -4"), 7);
  EXPECT_EQ(Real("1/4/2"), 0.125);
}

TEST(ExpressionTest, WholeNumbersStayExact) {
  EXPECT_EQ(Whole("9007199254740993 + 0"), 9007199254740993);
  EXPECT_EQ(Whole("(i*997 + k*7919) mod 1000003", 1'000'000'000'000, 3),
            (int64_t{1'000'000'000'000} * 997 + int64_t{3} * 7919) % 1000003);
}

TEST(ExpressionTest, FractionsAreRoundedOperationByOperation) {
  EXPECT_EQ(Real("360 + 0.1*((i*37) mod 800)", 3), 360 + 0.1 * 111);
  EXPECT_EQ(Real("(i mod 6007) / 10 - 300.3", 17), 17 / 10.0 - 300.3);
  EXPECT_EQ(Real("0.1 + 0.2 - 0.3"), (0.1 + 0.2) - 0.3);
  EXPECT_EQ(Real("1e-3*5"), 1e-3 * 5);
}

TEST(ExpressionTest, ARemainderHasTheSignOfItsDivisor) {
  EXPECT_EQ(Whole("-7 mod 3"), 2);
  EXPECT_EQ(Whole("7 mod -3"), -2);
  EXPECT_EQ(Whole("-6 mod 3"), 0);
  EXPECT_EQ(Whole("(-9223372036854775807 - 1) mod -1"), 0);
}

TEST(ExpressionTest, ConditionsAreOneOrZero) {
  EXPECT_EQ(Whole("(i*7919 + k) mod 667 == 0", 667, 0), 1);
  EXPECT_EQ(Whole("(i*7919 + k) mod 667 == 0", 667, 1), 0);
  EXPECT_EQ(Whole("1 <= 1"), 1);
  EXPECT_EQ(Whole("1 < 1"), 0);
  EXPECT_EQ(Whole("2 > 1.5"), 1);
  EXPECT_EQ(Whole("2 >= 3"), 0);
  EXPECT_EQ(Whole("2 != 3"), 1);
}

TEST(ExpressionTest, AConditionChoosesWhatFollowsIt) {
  const char* source =
      "k < C_e: (i*997 + k*7919 + 13*k*k) mod N_e; else N_e + (i*997 + k*7919 + 13*k*k) mod N_i "
      "(multapses and autapses as they fall)";
  EXPECT_EQ(Whole(source, 5, 79), (5 * 997 + 79 * 7919 + 13 * 79 * 79) % 800);
  EXPECT_EQ(Whole(source, 5, 80), 800 + (5 * 997 + 80 * 7919 + 13 * 80 * 80) % 200);
}

TEST(ExpressionTest, AConditionMayFollowWhatItChooses) {
  EXPECT_EQ(Real("J for k < C_e, else -g*J", 0, 79), 40.0);
  EXPECT_EQ(Real("J for k < C_e, else -g*J", 0, 80), -200.0);
  EXPECT_EQ(Whole("1 for i < 1, else 2 for i < 2, else 3", 1), 2);
  EXPECT_EQ(Whole("1 for i < 1, else 2 for i < 2, else 3", 2), 3);
}

TEST(ExpressionTest, TimesScalesTheWholeChoice) {
  const char* weight = "J for k < C_e, else -g*J; times 1 + ((i + 3*k) mod 16)/64";
  EXPECT_EQ(Real(weight, 1, 2), 40.0 * (1 + 7 / 64.0));
  EXPECT_EQ(Real(weight, 1, 80), -200.0 * (1 + (241 % 16) / 64.0));
}

TEST(ExpressionTest, WhatIsNotChosenIsNotEvaluated) {
  EXPECT_EQ(Whole("i < 1: 5; else 7 mod zero", 0), 5);
  EXPECT_FALSE(Evaluate("i < 1: 5; else 7 mod zero", 1).ok());
}

TEST(ExpressionTest, RefusesToRoundWholeNumbersOrToDivideByZero) {
  for (const auto& [text, message] :
       std::map<std::string, std::string>{{"9223372036854775807 + 1", "64 bits"},
                                          {"-9223372036854775807 - 2", "64 bits"},
                                          {"9223372036854775807*2", "64 bits"},
                                          {"5 mod zero", "mod 0"},
                                          {"5.5 mod 2", "not whole"},
                                          {"5/zero", "division by zero"}}) {
    const auto value = Evaluate(text);
    EXPECT_TRUE(absl::IsOutOfRange(value.status())) << text;
    EXPECT_THAT(std::string(value.status().message()), HasSubstr(message)) << text;
  }
}

TEST(ExpressionTest, EvaluateIntegerRefusesAFraction) {
  const auto half = Expression::Parse("1/2", {}, {});
  ASSERT_TRUE(half.ok());
  EXPECT_TRUE(absl::IsOutOfRange(half->EvaluateInteger({}).status()));
  EXPECT_EQ(*half->EvaluateDouble({}), 0.5);
}

TEST(ExpressionTest, SaysWhatItNeedsWhere) {
  for (const auto& [text, message] : std::map<std::string, std::string>{
           {"", "needs a number or a known name at its end"},
           {"1 +", "needs a number or a known name at its end"},
           {"2*x", "needs a number or a known name where it has 'x'"},
           {"2 3", "needs an operator or the end where it has '3'"},
           {"(1", "needs ')' at its end"},
           {"i < 1: 2", "needs ';' at its end"},
           {"i < 1: 2; 3", "needs 'else' where it has '3'"},
           {"1 for i < 2", "needs ',' at its end"},
           {"1; else 2", "needs 'times' where it has 'else 2'"},
           {"imod 2", "needs a number or a known name where it has 'imod 2'"},
           {"2 modulo 3", "needs an operator or the end where it has 'modulo 3'"},
           {"1 (a remark", "needs an operator or the end"},
           {".", "needs a number"},
           {std::string(2000, '('), "longer than"}}) {
    const auto value = Evaluate(text);
    EXPECT_TRUE(absl::IsInvalidArgument(value.status())) << text;
    EXPECT_THAT(std::string(value.status().message()), HasSubstr(message)) << text;
  }
}

}  // namespace
}  // namespace spiked::verify
