#include "client/command_line/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

namespace spiked {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A program with an option of each kind.
class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() {
    command_line_.AddNumber({.name = "--num-neurons", .value = "N", .help = "so many neurons"},
                            neurons_, 1, 100);
    command_line_.AddText({.name = "--record", .value = "FILE", .help = "write a record"}, record_);
    command_line_.AddNumber({.name = "--record-every",
                             .value = "MS",
                             .help = "with a line every so many ms",
                             .otherwise = "never",
                             .needs = "--record"},
                            every_ms_, 0.1, 1000.0);
    command_line_.AddList({.name = "--listen", .value = "ADDR", .help = "listen there"},
                          Append(addresses_));
    command_line_.AddFlag({.name = "--plain", .help = "no picture"}, plain_);
    command_line_.Add({.name = "--health", .value = "ADDR", .help = "ask it", .variable = false},
                      [this](const std::string& text) {
                        health_ = text;
                        return absl::OkStatus();
                      });
  }
  ~CommandLineTest() override {
    for (const std::string& name : variables_) unsetenv(name.c_str());
  }

  static CommandLine::Take Append(std::vector<std::string>& texts) {
    return [&texts](const std::string& text) {
      if (text == "bad") return absl::InvalidArgumentError("must not be bad");
      texts.push_back(text);
      return absl::OkStatus();
    };
  }

  void SetVariable(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }

  // The message of what must be bad usage.
  std::string Refused(const std::vector<std::string>& arguments) {
    const auto answer = command_line_.Parse(arguments);
    EXPECT_TRUE(absl::IsInvalidArgument(answer.status())) << answer.status();
    return std::string(answer.status().message());
  }
  // Expects that the program is to run.
  void Accept(const std::vector<std::string>& arguments) {
    const auto answer = command_line_.Parse(arguments);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(*answer, "");
  }

  int neurons_ = 20;
  std::string record_;
  double every_ms_ = 0.0;
  std::vector<std::string> addresses_;
  bool plain_ = false;
  std::string health_;
  std::vector<std::string> files_;
  CommandLine command_line_{"program", "Does something."};

 private:
  std::vector<std::string> variables_;
};

TEST_F(CommandLineTest, WhatIsNotGivenStaysAsItIs) {
  Accept({});
  EXPECT_EQ(neurons_, 20);
  EXPECT_EQ(record_, "");
  EXPECT_FALSE(plain_);
}

TEST_F(CommandLineTest, AValueFollowsOrIsAttached) {
  Accept({"--num-neurons", "7", "--record=a=b", "--record-every", "2.5", "--plain"});
  EXPECT_EQ(neurons_, 7);
  EXPECT_EQ(record_, "a=b");
  EXPECT_EQ(every_ms_, 2.5);
  EXPECT_TRUE(plain_);
}

TEST_F(CommandLineTest, TheLastOfSeveralCounts) {
  Accept({"--num-neurons", "7", "--num-neurons", "8"});
  EXPECT_EQ(neurons_, 8);
}

TEST_F(CommandLineTest, AListIsRepeatedOrHasCommas) {
  Accept({"--listen", "a", "--listen", "b,c", "--listen=d"});
  EXPECT_THAT(addresses_, ElementsAre("a", "b", "c", "d"));
}

TEST_F(CommandLineTest, AListTakesNoFurtherArguments) {
  command_line_.AddArguments({.name = "FILE"}, false, Append(files_));
  Accept({"x", "--listen", "a", "y"});
  EXPECT_THAT(addresses_, ElementsAre("a"));
  EXPECT_THAT(files_, ElementsAre("x", "y"));
}

TEST_F(CommandLineTest, AfterTwoDashesNothingIsAnOption) {
  command_line_.AddArguments({.name = "FILE"}, true, Append(files_));
  Accept({"--plain", "--", "--num-neurons", "-x="});
  EXPECT_THAT(files_, ElementsAre("--num-neurons", "-x="));
  EXPECT_EQ(neurons_, 20);
}

TEST_F(CommandLineTest, VariablesStandForWhatIsNotGiven) {
  SetVariable("SPIKED_NUM_NEURONS", "7");
  SetVariable("SPIKED_RECORD", "r.jsonl");
  SetVariable("SPIKED_LISTEN", "a,b");
  SetVariable("SPIKED_PLAIN", "true");
  Accept({"--record", "mine.jsonl"});
  EXPECT_EQ(neurons_, 7);
  EXPECT_EQ(record_, "mine.jsonl");
  EXPECT_THAT(addresses_, ElementsAre("a", "b"));
  EXPECT_TRUE(plain_);
}

TEST_F(CommandLineTest, AListOnTheCommandLineTakesThePlaceOfTheVariable) {
  SetVariable("SPIKED_LISTEN", "a,b");
  Accept({"--listen", "c"});
  EXPECT_THAT(addresses_, ElementsAre("c"));
}

TEST_F(CommandLineTest, AnEmptyVariableIsNone) {
  SetVariable("SPIKED_NUM_NEURONS", "");
  SetVariable("SPIKED_PLAIN", "");
  Accept({});
  EXPECT_EQ(neurons_, 20);
  EXPECT_FALSE(plain_);
}

TEST_F(CommandLineTest, AFlagCanBeTakenBack) {
  SetVariable("SPIKED_PLAIN", "true");
  Accept({"--plain=false"});
  EXPECT_FALSE(plain_);
}

TEST_F(CommandLineTest, WhatChangesTheProgramsWorkHasNoVariable) {
  SetVariable("SPIKED_HEALTH", "a");
  SetVariable("SPIKED_HELP", "true");
  SetVariable("SPIKED_VERSION", "true");
  Accept({});
  EXPECT_EQ(health_, "");
}

TEST_F(CommandLineTest, ABadVariableIsNamed) {
  SetVariable("SPIKED_NUM_NEURONS", "many");
  EXPECT_EQ(Refused({}), "SPIKED_NUM_NEURONS: must be a whole number from 1 to 100, not 'many'");
}

TEST_F(CommandLineTest, ABadFlagVariableIsNamed) {
  SetVariable("SPIKED_PLAIN", "perhaps");
  EXPECT_EQ(Refused({}), "SPIKED_PLAIN: must be true or false, not 'perhaps'");
}

TEST_F(CommandLineTest, BadValuesAreExplainedAndChangeNothing) {
  EXPECT_EQ(Refused({"--num-neurons", "0"}),
            "--num-neurons: must be a whole number from 1 to 100, not '0'");
  EXPECT_EQ(neurons_, 20);
}

TEST_F(CommandLineTest, NegativeNumbersAreValues) {
  EXPECT_EQ(Refused({"--num-neurons", "-1"}),
            "--num-neurons: must be a whole number from 1 to 100, not '-1'");
}

TEST_F(CommandLineTest, OneBadValueOfAListIsEnough) {
  EXPECT_EQ(Refused({"--listen", "a,bad"}), "--listen: must not be bad");
}

TEST_F(CommandLineTest, AFlagTakesNoValueButTrueAndFalse) {
  EXPECT_EQ(Refused({"--plain=sure"}), "--plain: must be true or false, not 'sure'");
}

TEST_F(CommandLineTest, ATextMustNotBeEmpty) {
  EXPECT_EQ(Refused({"--record", ""}), "--record: must not be empty");
}

// Each with the message that it gets.
class CommandLineUsageTest
    : public CommandLineTest,
      public ::testing::WithParamInterface<std::pair<std::vector<std::string>, std::string>> {};

TEST_P(CommandLineUsageTest, IsExplained) {
  EXPECT_EQ(Refused(GetParam().first), GetParam().second);
}

using Usage = std::pair<std::vector<std::string>, std::string>;
INSTANTIATE_TEST_SUITE_P(
    All, CommandLineUsageTest,
    ::testing::Values(
        Usage{{"--recrod", "x"}, "there is no option --recrod; did you mean --record?"},
        Usage{{"--recrod=x"}, "there is no option --recrod; did you mean --record?"},
        Usage{{"--port", "5"}, "there is no option --port"}, Usage{{"-x"}, "there is no option -x"},
        Usage{{"5"}, "unexpected argument '5'"}, Usage{{""}, "unexpected argument ''"},
        Usage{{"--", "--plain"}, "unexpected argument '--plain'"},
        Usage{{"--plain", "yes"}, "unexpected argument 'yes'"},
        Usage{{"--num-neurons", "0", "--pl"}, "there is no option --pl"},
        Usage{{"--pl", "--record"}, "there is no option --pl"},
        Usage{{"--record"}, "--record: needs a value"},
        Usage{{"--record=", "x"}, "--record: needs a value"},
        Usage{{"--record", "--plain"}, "--record: needs a value"},
        Usage{{"--record-every", "5"}, "--record-every requires --record"}));

TEST_F(CommandLineTest, WhatMustStandAloneIsMissed) {
  command_line_.AddArguments({.name = "FILE"}, true, Append(files_));
  EXPECT_EQ(Refused({"--plain"}), "FILE is required");
  EXPECT_THAT(files_, IsEmpty());
}

TEST_F(CommandLineTest, ChecksSeeAllOptions) {
  command_line_.AddCheck([this] {
    return plain_ && neurons_ > 5 ? absl::InvalidArgumentError("too many for --plain")
                                  : absl::OkStatus();
  });
  EXPECT_EQ(Refused({"--plain", "--num-neurons", "6"}), "too many for --plain");
}

TEST_F(CommandLineTest, HelpAndVersionAreAnswersWhateverElseIsMissing) {
  command_line_.AddArguments({.name = "FILE"}, true, Append(files_));
  EXPECT_THAT(*command_line_.Parse({"--version"}), ::testing::StartsWith("program "));
}

TEST_F(CommandLineTest, HelpHasAShortForm) {
  command_line_.AddArguments({.name = "FILE"}, true, Append(files_));
  EXPECT_EQ(*command_line_.Parse({"-h"}), command_line_.Help());
}

TEST_F(CommandLineTest, HelpTellsAll) {
  command_line_.AddArguments({.name = "FILE", .help = "to be read"}, true, Append(files_));
  command_line_.SetEpilogue("Exit status: 0.");
  EXPECT_EQ(command_line_.Help(), R"(Usage: program [options] FILE...

Does something.

Arguments:
  FILE  to be read

Options:
  --num-neurons N    so many neurons (default: 20)
  --record FILE      write a record
  --record-every MS  with a line every so many ms (default: never)
  --listen ADDR      listen there
  --plain            no picture
  --health ADDR      ask it
  -h, --help         show this help
  --version          show the version

Options that are not given are taken from environment variables named after
them: SPIKED_NUM_NEURONS for --num-neurons, SPIKED_PLAIN=true for --plain.

Exit status: 0.
)");
}

TEST_F(CommandLineTest, HelpHasShortLines) {
  bool flag = false;
  command_line_.AddFlag(
      {.name = "--long",
       .help = "so much is to be said of this option that no line of a terminal could ever hold "
               "it, which is why it takes several of them"},
      flag);
  for (const absl::string_view line : absl::StrSplit(command_line_.Help(), '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_THAT(std::string(line), Not(::testing::EndsWith(" ")));
  }
  EXPECT_THAT(command_line_.Help(), HasSubstr("\n                     "));
}

}  // namespace
}  // namespace spiked
