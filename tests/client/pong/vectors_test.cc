#include "tests/client/pong/vectors.h"

#include <gtest/gtest.h>

#include "client/pong/json.h"
#include "tests/support/temp_dir.h"

namespace spiked::pong {
namespace {

const std::string& File() {
  static const std::string text = testing::ReadFile(SPIKED_PONG_VECTORS);
  return text;
}

TEST(VectorsTest, AreWhatThisClientComputes) {
  EXPECT_TRUE(File() == VectorsText())
      << "The rules have changed, or the file. If the rules were meant to: "
         "build/release/bin/pong-vectors > client/pong/vectors.json";
}

TEST(VectorsTest, ShowWhateverCanHappenToABall) {
  const Json vectors = Json::parse(File());
  bool up = false;
  bool down = false;
  int returns = 0;
  std::array<int, 2> score = {0, 0};
  for (const Json& game : vectors["games"]) {
    Json before = game["start"];
    for (const Json& now : game["polls"]) {
      const bool placed = now["score"] != before["score"];
      const auto turns = [&](int axis) {
        return !placed && before["ball"][axis].get<double>() * now["ball"][axis].get<double>() < 0;
      };
      up |= turns(3) && now["ball"][3] > 0;
      down |= turns(3) && now["ball"][3] < 0;
      returns += turns(2) ? 1 : 0;
      before = now;
    }
    for (size_t side = 0; side < 2; ++side) score[side] += before["score"][side].get<int>();
  }
  EXPECT_TRUE(up && down);
  EXPECT_GE(returns, 2);
  EXPECT_GE(score[0], 1);
  EXPECT_GE(score[1], 1);
}

}  // namespace
}  // namespace spiked::pong
