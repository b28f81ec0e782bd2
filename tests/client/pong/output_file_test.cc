#include "client/pong/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace spiked::pong {
namespace {

using testing::HasSubstr;

TEST(OutputFileTest, ReplacesWhatWasThere) {
  const std::string path = testing::TempDir() + "output_file_test.txt";
  std::ofstream(path) << "much older text";
  auto file = OutputFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  file->WriteLine("one");
  file->WriteLine("two");
  ASSERT_TRUE(file->Close().ok());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "one\ntwo\n");
}

TEST(OutputFileTest, WhatItGoesOnBeforeIsThereUntilTheFirstLine) {
  const std::string path = testing::TempDir() + "output_file_test.txt";
  std::ofstream(path) << "one\ntwo\nthree\n";
  const auto text = [&] {
    std::stringstream read;
    read << std::ifstream(path).rdbuf();
    return read.str();
  };
  auto file = OutputFile::Open(path, 4);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(text(), "one\ntwo\nthree\n");
  file->WriteLine("2");
  file->WriteLine("3");
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(text(), "one\n2\n3\n");
}

TEST(OutputFileTest, NamesAPathThatCannotBeWritten) {
  const auto file = OutputFile::Open("/no/such/directory/file");
  EXPECT_TRUE(absl::IsNotFound(file.status()));
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("/no/such/directory/file"));
}

TEST(OutputFileTest, NoticesAFullDisk) {
  auto file = OutputFile::Open("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status();
  file->WriteLine("one");
  EXPECT_TRUE(absl::IsDataLoss(file->Close()));
}

}  // namespace
}  // namespace spiked::pong
