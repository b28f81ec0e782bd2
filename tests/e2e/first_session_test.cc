// The example that the README begins with does what the README says.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

// The block of the README that begins with this line.
std::string BlockAfter(const std::string& line) {
  const std::string readme = testing::ReadFile(README_PATH);
  const size_t begin = readme.find(line + "\n");
  if (begin == std::string::npos) return "there is no line " + line;
  const size_t block = begin + line.size() + 1;
  return readme.substr(block, readme.find("```", block) - block);
}

TEST(FirstSessionTest, IsInTheReadmeAsItIs) {
  const std::string source = testing::ReadFile(FIRST_SESSION_SOURCE);
  EXPECT_EQ(BlockAfter("```cpp"), source.substr(source.find("#include")));
}

TEST(FirstSessionTest, PrintsWhatTheReadmeShows) {
  testing::ServerProcess server;
  ASSERT_TRUE(server.Start().ok()) << server.Log();
  const testing::ProgramResult result =
      testing::RunProgram({FIRST_SESSION_BINARY}, {"SPIKED_SERVER=" + server.address()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(BlockAfter("It prints\n\n```"), result.out);
}

}  // namespace
}  // namespace spiked
