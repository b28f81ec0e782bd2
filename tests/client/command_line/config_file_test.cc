#include "client/command_line/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace spiked {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ConfigFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<ConfigEntry>> Read(const std::string& text) {
    std::ofstream(path_) << text;
    return ReadConfigFile(path_);
  }
  // The message of what must be refused.
  std::string Refused(const std::string& text) {
    const auto entries = Read(text);
    EXPECT_TRUE(absl::IsInvalidArgument(entries.status())) << entries.status();
    return std::string(entries.status().message());
  }

  const testing::TempDir dir_;
  const std::string path_ = dir_.File("spiked.toml");
};

TEST_F(ConfigFileTest, HasAValueOrSeveralForEachKey) {
  const auto entries = Read(R"(
# Of a lab.
max-sessions = 100  # so many
data-dir = "/var/lib/my spiked"
insecure = true
listen = ["unix:/x", "127.0.0.1:0"]
accounts = '/a'
)");
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(*entries, SizeIs(5));
  EXPECT_EQ((*entries)[0].key, "max-sessions");
  EXPECT_THAT((*entries)[0].values, ElementsAre("100"));
  EXPECT_THAT((*entries)[1].values, ElementsAre("/var/lib/my spiked"));
  EXPECT_THAT((*entries)[2].values, ElementsAre("true"));
  EXPECT_THAT((*entries)[3].values, ElementsAre("unix:/x", "127.0.0.1:0"));
  EXPECT_THAT((*entries)[4].values, ElementsAre("/a"));
}

TEST_F(ConfigFileTest, KeysOfTablesHaveItsName) {
  const auto entries = Read("[tls]\nkey = \"/k\"\n");
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(*entries, SizeIs(1));
  EXPECT_EQ((*entries)[0].key, "tls.key");
}

TEST_F(ConfigFileTest, WhatMakesNoSenseIsNamed) {
  EXPECT_EQ(Refused("workers = 1\nlisten = \"a\"\nworkers = 2\n"),
            path_ + ": workers: is given twice");
  EXPECT_THAT(Refused("data-dir = \n"), HasSubstr(path_ + ": data-dir: needs a value"));
  EXPECT_THAT(Refused("data-dir = \"/a\n"), HasSubstr(path_ + ": data-dir: needs a value"));
  EXPECT_THAT(Refused("data-dir = \"/a#b\"\n"), HasSubstr(path_ + ": data-dir: needs a value"));
}

TEST_F(ConfigFileTest, AFileThatCannotBeReadIsNamed) {
  EXPECT_EQ(ReadConfigFile(path_).status(), absl::NotFoundError(path_ + ": cannot be read"));
  EXPECT_EQ(ReadConfigFile(dir_.path()).status(),
            absl::NotFoundError(dir_.path() + ": cannot be read"));
}

TEST_F(ConfigFileTest, ATextIsQuotedWhereItIsNoNumber) {
  EXPECT_EQ(ConfigText("100"), "100");
  EXPECT_EQ(ConfigText("2.5"), "2.5");
  EXPECT_EQ(ConfigText("true"), "true");
  EXPECT_EQ(ConfigText("127.0.0.1:0"), "\"127.0.0.1:0\"");
  EXPECT_EQ(ConfigText("/a b"), "\"/a b\"");
}

}  // namespace
}  // namespace spiked
