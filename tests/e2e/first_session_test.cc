// The example that the guides begin with does what they say.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

// The block of a guide that begins with this line.
std::string BlockAfter(const std::string& line, const std::string& guide) {
  const std::string text = testing::ReadFile(guide);
  const size_t begin = text.find(line + "\n");
  if (begin == std::string::npos) return "there is no line " + line;
  const size_t block = begin + line.size() + 1;
  return text.substr(block, text.find("```", block) - block);
}

TEST(FirstSessionTest, IsInTheLibrarysGuideAsItIs) {
  const std::string source = testing::ReadFile(FIRST_SESSION_SOURCE);
  EXPECT_EQ(BlockAfter("```cpp", LIBRARY_GUIDE_PATH), source.substr(source.find("#include")));
}

TEST(FirstSessionTest, PrintsWhatTheReadmeShows) {
  testing::ServerProcess server;
  ASSERT_TRUE(server.Start().ok()) << server.Log();
  const testing::ProgramResult result =
      testing::RunProgram({FIRST_SESSION_BINARY}, {"SPIKED_SERVER=" + server.address()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(BlockAfter("It prints\n\n```", README_PATH), result.out);
}

}  // namespace
}  // namespace spiked
