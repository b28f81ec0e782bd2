#include "client/verify/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "client/verify/formula.h"
#include "client/verify/pattern.h"

namespace spiked::verify {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StrEq;

class FieldsTest : public ::testing::Test {
 protected:
  const json object_ = json::parse(R"({
      "text": "abc", "number": -1.5, "whole": 7, "null": null, "J_pA": 40.0, "C_e": 80,
      "numbers": [1, 2.5], "counts": [1, 3], "table": [[1], [], [2, 3]], "texts": ["a", "b"],
      "parameters": {"tau": 2.0}, "objects": [{"x": 1}, {"x": "?"}],
      "formula": "J*C_e + i", "bad": "J +", "overflow": "i*9223372036854775807"})");
  absl::Status status_;
  const Fields fields_{object_, "case 'one'", &status_};
};

TEST_F(FieldsTest, ReadsEveryKind) {
  EXPECT_EQ(fields_.Text("text"), "abc");
  EXPECT_EQ(fields_.Number("number"), -1.5);
  EXPECT_EQ(fields_.Positive("whole"), 7.0);
  EXPECT_EQ(fields_.NumberOrText("number"), "-1.5");
  EXPECT_EQ(fields_.NumberOrText("text"), "abc");
  EXPECT_EQ(fields_.Count("whole"), 7u);
  EXPECT_THAT(fields_.Counts("counts"), ElementsAre(1, 3));
  EXPECT_THAT(fields_.Numbers("numbers"), ElementsAre(1.0, 2.5));
  EXPECT_THAT(fields_.Table("table"),
              ElementsAre(ElementsAre(1.0), IsEmpty(), ElementsAre(2.0, 3.0)));
  EXPECT_THAT(fields_.Texts("texts"), ElementsAre("a", "b"));
  EXPECT_THAT(fields_.NumbersByName("parameters"), ElementsAre(Pair("tau", 2.0)));
  EXPECT_EQ(fields_.Object("parameters").Number("tau"), 2.0);
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(FieldsTest, NullCountsAsNotGiven) {
  EXPECT_TRUE(fields_.Has("text"));
  EXPECT_FALSE(fields_.Has("null"));
  EXPECT_FALSE(fields_.Has("nothing"));
}

TEST_F(FieldsTest, NamesTheFieldThatIsMissing) {
  fields_.Number("nothing");
  EXPECT_THAT(std::string(status_.message()), StrEq("case 'one': field 'nothing' is missing"));
}

TEST_F(FieldsTest, TheFirstErrorStays) {
  fields_.Number("text");
  fields_.Number("nothing");
  EXPECT_THAT(std::string(status_.message()), StrEq("case 'one': field 'text' must be a number"));
}

TEST_F(FieldsTest, NamesTheElementAtFault) {
  for (const Fields& object : fields_.Objects("objects")) object.Number("x");
  EXPECT_THAT(std::string(status_.message()),
              StrEq("case 'one': objects[1]: field 'x' must be a number"));
}

TEST_F(FieldsTest, WrongTypesAreErrors) {
  const std::vector<void (*)(const Fields&)> wrong = {
      [](const Fields& f) { f.Text("number"); },
      [](const Fields& f) { f.Positive("number"); },
      [](const Fields& f) { f.NumberOrText("numbers"); },
      [](const Fields& f) { f.Count("number"); },
      [](const Fields& f) { f.Count("whole", 8); },
      [](const Fields& f) { f.Counts("numbers"); },
      [](const Fields& f) { f.Numbers("texts"); },
      [](const Fields& f) { f.Numbers("number"); },
      [](const Fields& f) { f.Table("numbers"); },
      [](const Fields& f) { f.Texts("numbers"); },
      [](const Fields& f) { f.NumbersByName("numbers"); },
      [](const Fields& f) { f.Object("numbers"); },
      [](const Fields& f) { f.Objects("numbers"); },
      [](const Fields& f) { f.Objects("parameters"); }};
  for (size_t k = 0; k < wrong.size(); ++k) {
    status_ = absl::OkStatus();
    wrong[k](fields_);
    EXPECT_TRUE(absl::IsInvalidArgument(status_)) << k;
    EXPECT_THAT(std::string(status_.message()), HasSubstr("must be")) << k;
  }
}

TEST_F(FieldsTest, NumbersAreNamedAsInFormulas) {
  const Constants numbers = fields_.NumberFields();
  EXPECT_EQ(numbers.at("J"), Number(40.0));
  EXPECT_EQ(numbers.at("C_e"), Number(int64_t{80}));
  EXPECT_FALSE(numbers.contains("text"));
}

TEST_F(FieldsTest, AFormulaMayUseTheNumbersBesideIt) {
  EXPECT_EQ(Formula(fields_, "formula", {"i"}).Real({2}), 3202.0);
  EXPECT_EQ(Formula(fields_, "whole", {"i"}).Whole({2}), 7) << "a number is a formula";
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(FieldsTest, AFormulaThatCannotBeReadNamesItsField) {
  EXPECT_EQ(Formula(fields_, "bad", {"i"}).Real({2}), 0.0);
  EXPECT_THAT(std::string(status_.message()),
              HasSubstr("case 'one': field 'bad' cannot be read: formula 'J +' needs"));
}

TEST_F(FieldsTest, AFormulaThatCannotBeEvaluatedNamesItsField) {
  EXPECT_EQ(Formula(fields_, "overflow", {"i"}).Whole({2}), 0);
  EXPECT_THAT(std::string(status_.message()),
              HasSubstr("case 'one': field 'overflow' cannot be evaluated: "));
}

TEST_F(FieldsTest, PatternsTakePartsOutOfWords) {
  const auto parts = Match("at 0.1 ms: x + 1", R"(at (\S+) ms: (.+))");
  ASSERT_TRUE(parts.has_value());
  EXPECT_THAT(*parts, ElementsAre("0.1", "x + 1"));
  EXPECT_FALSE(Match("on 0.1 ms: x", R"(at (\S+) ms: (.+))"));
  EXPECT_FALSE(Match(std::string(2000, 'x'), ".*")) << "too long for std::regex";
  EXPECT_EQ(ReadDecimal(fields_, "text", "0.1"), 0.1);
  EXPECT_TRUE(status_.ok()) << status_;
  ReadDecimal(fields_, "text", "0.1.2");
  EXPECT_THAT(std::string(status_.message()), HasSubstr("field 'text' has '0.1.2' for a number"));
}

}  // namespace
}  // namespace spiked::verify
