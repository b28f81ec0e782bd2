// Options from arguments, environment and file together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "client/command_line/command_line.h"
#include "tests/support/temp_dir.h"

namespace spiked {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A program with an option of each kind.
class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    unsetenv("SPIKED_NUM_NEURONS");
    command_line_.AddConfigFile({.name = "--config", .value = "FILE", .help = "more options"});
    command_line_.AddNumber(
        {.name = "--num-neurons", .value = "N", .help = "so many | neurons", .reloads = true},
        neurons_, 1, 100);
    command_line_.AddText(
        {.name = "--record", .value = "FILE", .help = "write a record", .otherwise = "nowhere"},
        record_);
    command_line_.AddList({.name = "--listen", .value = "ADDR", .help = "listen there"},
                          [this](const std::string& text) {
                            addresses_.push_back(text);
                            return absl::OkStatus();
                          });
    command_line_.AddFlag({.name = "--plain", .help = "no picture"}, plain_);
    command_line_.AddFlag({.name = "--check", .help = "only check", .variable = false}, check_);
  }
  ~SettingsTest() override { unsetenv("SPIKED_NUM_NEURONS"); }

  absl::Status Parse(const std::string& file, std::vector<std::string> arguments = {}) {
    std::ofstream(path_) << file;
    arguments.insert(arguments.begin(), {"--config", path_});
    return command_line_.Parse(arguments).status();
  }
  // The message of what must be refused.
  std::string Refused(const std::string& file) {
    const absl::Status status = Parse(file);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  }

  const testing::TempDir dir_;
  const std::string path_ = dir_.File("a.toml");
  int neurons_ = 20;
  std::string record_;
  std::vector<std::string> addresses_;
  bool plain_ = false, check_ = false;
  CommandLine command_line_{"program", "Does something."};
};

TEST_F(SettingsTest, TheFileCountsForWhatIsNotGiven) {
  ASSERT_TRUE(
      Parse("num-neurons = 7\nrecord = \"a\"\nlisten = [\"x\", \"y\"]\nplain = true\n").ok());
  EXPECT_EQ(neurons_, 7);
  EXPECT_EQ(record_, "a");
  EXPECT_THAT(addresses_, ElementsAre("x", "y"));
  EXPECT_TRUE(plain_);
}

TEST_F(SettingsTest, ArgumentsComeBeforeTheEnvironmentAndThatBeforeTheFile) {
  setenv("SPIKED_NUM_NEURONS", "8", 1);
  ASSERT_TRUE(Parse("num-neurons = 7\nrecord = \"a\"\nlisten = \"x\"\n", {"--listen=y"}).ok());
  EXPECT_EQ(neurons_, 8);
  EXPECT_EQ(record_, "a");
  EXPECT_THAT(addresses_, ElementsAre("y"));
}

TEST_F(SettingsTest, TheLastFileThatIsNamedCounts) {
  std::ofstream(dir_.File("b.toml")) << "num-neurons = 9\n";
  ASSERT_TRUE(Parse("num-neurons = 7\n", {"--config=" + dir_.File("b.toml")}).ok());
  EXPECT_EQ(neurons_, 9);
}

TEST_F(SettingsTest, UnknownKeysAreRefusedWithTheNearestName) {
  EXPECT_EQ(Refused("num-neuron = 7\n"),
            path_ + ": there is no setting 'num-neuron'; did you mean 'num-neurons'?");
  EXPECT_EQ(Refused("num_neurons = 7\n"),
            path_ + ": there is no setting 'num_neurons'; did you mean 'num-neurons'?");
  EXPECT_EQ(Refused("[net]\nsize = 7\n"), path_ + ": there is no setting 'net.size'");
  EXPECT_EQ(Refused("check = true\n"), path_ + ": there is no setting 'check'");
  EXPECT_EQ(Refused("config = \"b\"\n"), path_ + ": there is no setting 'config'");
}

TEST_F(SettingsTest, BadValuesAreNamedWithTheirFile) {
  EXPECT_EQ(Refused("num-neurons = 0\n"),
            path_ + ": num-neurons: must be a whole number from 1 to 100, not '0'");
}

TEST_F(SettingsTest, OneValueIsEnoughWhereThereIsNoList) {
  EXPECT_EQ(Refused("num-neurons = [7, 8]\n"), path_ + ": num-neurons: takes one value, not 2");
}

TEST_F(SettingsTest, AFileThatIsNotThereIsAnError) {
  const auto answer = command_line_.Parse({"--config", path_});
  EXPECT_EQ(answer.status().message(), path_ + ": cannot be read");
}

TEST_F(SettingsTest, HelpIsToldWhateverIsWrongWithTheFile) {
  EXPECT_EQ(*command_line_.Parse({"--config", path_, "--help"}), command_line_.Help());
}

TEST_F(SettingsTest, TheTextIsAFileThatTellsWhereEachCameFrom) {
  setenv("SPIKED_NUM_NEURONS", "8", 1);
  ASSERT_TRUE(Parse("plain = true\n", {"--listen", "unix:/x", "--listen", "unix:/y"}).ok());
  EXPECT_EQ(command_line_.SettingsText(),
            "num-neurons = 8  # SPIKED_NUM_NEURONS\n"
            "# record: nowhere  # default\n"
            "listen = [\"unix:/x\", \"unix:/y\"]  # --listen\n"
            "plain = true  # " +
                path_ + "\n");
}

TEST_F(SettingsTest, TheTextCanBeReadAgain) {
  ASSERT_TRUE(Parse("", {"--record", "/a b", "--num-neurons=7"}).ok());
  const std::string text = command_line_.SettingsText();
  record_ = "";
  neurons_ = 20;
  CommandLine other("program", "Does something.");
  other.AddConfigFile({.name = "--config"});
  other.AddNumber({.name = "--num-neurons", .value = "N"}, neurons_, 1, 100);
  other.AddText({.name = "--record", .value = "FILE"}, record_);
  other.AddFlag({.name = "--plain"}, plain_);
  std::ofstream(path_) << text;
  ASSERT_TRUE(other.Parse({"--config=" + path_}).ok());
  EXPECT_EQ(neurons_, 7);
  EXPECT_EQ(record_, "/a b");
}

TEST_F(SettingsTest, TheTableHasARowForEach) {
  EXPECT_EQ(command_line_.SettingsTable(),
            "| setting | value | default | reload | what it does |\n"
            "|---|---|---|---|---|\n"
            "| `num-neurons` | N | 20 | yes | so many \\| neurons |\n"
            "| `record` | FILE | nowhere |  | write a record |\n"
            "| `listen` | ADDR |  |  | listen there |\n"
            "| `plain` | true or false | false |  | no picture |\n");
}

}  // namespace
}  // namespace spiked
