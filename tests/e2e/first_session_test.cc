// The example that the README begins with does what the README says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

TEST(FirstSessionTest, IsInTheReadmeAsItIs) {
  const std::string source = testing::ReadFile(FIRST_SESSION_SOURCE);
  const std::string code = source.substr(source.find("#include"));
  ASSERT_FALSE(code.empty());
  EXPECT_THAT(testing::ReadFile(README_PATH), ::testing::HasSubstr(code));
}

TEST(FirstSessionTest, PrintsWhatTheReadmeShows) {
  testing::ServerProcess server;
  ASSERT_TRUE(server.Start().ok()) << server.Log();
  const testing::ProgramResult result =
      testing::RunProgram({FIRST_SESSION_BINARY}, {"SPIKED_SERVER=" + server.address()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ASSERT_NE(result.out, "");
  EXPECT_THAT(testing::ReadFile(README_PATH), ::testing::HasSubstr(result.out));
}

}  // namespace
}  // namespace spiked
