#include "client/pong/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

namespace spiked::pong {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// Columns that a line of one-column characters takes on a terminal.
int Columns(const std::string& line) {
  return static_cast<int>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Weights of players that have learnt.
std::array<client::Weights, 2> LearntWeights(int rows) {
  client::Weights weights;
  weights.rows = weights.columns = static_cast<uint32_t>(rows);
  weights.values.assign(static_cast<size_t>(rows) * rows, 1200.0);
  for (int k = 0; k < rows; ++k) weights.values[static_cast<size_t>(k) * rows + k] = 1700.0;
  return {weights, weights};
}

// How many lines of the field, without its frame, there are.
int FieldLines(const std::vector<std::string>& lines) {
  return static_cast<int>(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
    return std::regex_search(line, std::regex("(│|┤).*(│|├)"));
  }));
}

class PictureTest : public testing::Test {
 protected:
  // Plays some polls, in which the left player hits and the right one sleeps, and
  // draws.
  std::vector<std::string> DrawAfter(int polls, const Canvas& canvas, int rows = 20,
                                     bool weights = false) {
    Match match({PlayerKind::kRstdpNoisy, PlayerKind::kDopamine}, rows, 1);
    std::array<Curve, 2> curves = {Curve(kTotal), Curve(kTotal)};
    for (int poll = 0; poll < polls; ++poll) {
      const int row = match.game().ball_row();
      std::vector<uint32_t> follows(rows, 1);
      follows[row] = 4;
      const Poll& played = match.Play({follows, std::vector<uint32_t>(rows, 0)});
      for (const Side side : kSides) curves[side].Add(poll, played.players[side].mean_reward);
    }
    const auto learnt = LearntWeights(rows);
    return Draw(
        {.match = match,
         .progress = {.polls = polls, .total = kTotal, .elapsed = absl::Milliseconds(10) * polls},
         .mean_rewards = curves,
         .weights = weights ? &learnt : nullptr},
        canvas);
  }

  static constexpr int kTotal = 200;
};

TEST_F(PictureTest, FitsEveryTerminal) {
  for (const int polls : {0, 1, 150}) {
    for (const int rows : {2, 20, 99}) {
      for (int width = 1; width < 250; width += 7) {
        for (int height = 1; height < 70; height += 3) {
          const auto lines = DrawAfter(polls, {.width = width, .height = height}, rows, true);
          ASSERT_LE(lines.size(), static_cast<size_t>(height));
          for (const std::string& line : lines) ASSERT_LE(Columns(line), width) << line;
        }
      }
    }
  }
}

TEST_F(PictureTest, ShowsPlayersScoreAndProgress) {
  const auto lines = DrawAfter(50, {.width = 80, .height = 24});
  ASSERT_EQ(lines.size(), 24u);
  EXPECT_THAT(lines.front(), HasSubstr("rn  1 : 0  d"));
  EXPECT_THAT(lines, Contains(HasSubstr("50 of 200  100 polls/s, 20x real time  1.50 s left")));
  EXPECT_THAT(lines, Contains(HasSubstr("left  rn  spikes")));
  EXPECT_THAT(lines, Contains(HasSubstr("right d   spikes")));
}

TEST_F(PictureTest, ShowsBallAndPaddlesInTheField) {
  const auto lines = DrawAfter(0, {.width = 80, .height = 24});
  // The paddles stand in the first and last columns of the middle of the field.
  EXPECT_THAT(lines, Contains(HasSubstr("│█")));
  EXPECT_THAT(lines, Contains(HasSubstr("█│")));
  // The ball is somewhere between.
  EXPECT_THAT(lines, Contains(AnyOf(HasSubstr(" ██ "), HasSubstr(" ▀▀ "), HasSubstr(" ▄▄ "))));
}

TEST_F(PictureTest, ABallHighInTheFieldIsDrawnHigh) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Match match({PlayerKind::kRstdp, PlayerKind::kRstdp}, 20, seed);
    const auto lines =
        Draw({.match = match, .progress = {}, .mean_rewards = {Curve(10), Curve(10)}},
             {.width = 200, .height = 60});
    // The field is lines 2 to 53; the ball is in its middle column.
    int ball_line = 0;
    for (int line = 2; line <= 53; ++line) {
      if (std::regex_search(lines[line], std::regex(" (█|▀|▄)+ "))) ball_line = line;
    }
    ASSERT_GT(ball_line, 0);
    EXPECT_NEAR(1.0 - (ball_line - 1.5) / 52, match.game().field().ball.y, 0.05);
  }
}

TEST_F(PictureTest, TheCurveGrowsWithTheMatch) {
  const Canvas canvas{.width = 80, .height = 24};
  const auto columns_of_curve = [&](int polls) {
    const auto lines = DrawAfter(polls, canvas);
    const auto line = std::find_if(lines.begin(), lines.end(), [](const std::string& text) {
      return text.find("mean reward") != std::string::npos;
    });
    // Bars are the only characters of more than one byte in this line.
    return static_cast<int>(line->size() - Columns(*line)) / 2;
  };
  EXPECT_EQ(columns_of_curve(0), 0);
  EXPECT_EQ(columns_of_curve(50), 11) << "a quarter of 43 columns, begun";
  EXPECT_EQ(columns_of_curve(200), 43);
}

TEST_F(PictureTest, ASmallTerminalShowsTheFieldRatherThanTheCharts) {
  const auto lines = DrawAfter(10, {.width = 40, .height = 10});
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_EQ(FieldLines(lines), 6);
  EXPECT_THAT(lines.back(), HasSubstr("10 of 200  1.90 s left"));
  const auto larger = DrawAfter(10, {.width = 40, .height = 12});
  EXPECT_THAT(larger, Contains(HasSubstr("rn reward")));
  EXPECT_THAT(larger, Not(Contains(HasSubstr("spikes"))));
}

TEST_F(PictureTest, LeavesTheFieldOutWhereThereIsNoRoom) {
  const auto lines = DrawAfter(10, {.width = 80, .height = 8});
  EXPECT_THAT(lines, Not(Contains(HasSubstr("┌"))));
  EXPECT_THAT(lines, Contains(HasSubstr("10 of 200")));
}

TEST_F(PictureTest, MarksTheBallsCellBesideTheField) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Match match({PlayerKind::kRstdp, PlayerKind::kRstdp}, 20, seed);
    const auto lines = Draw({.match = match, .progress = {}, .mean_rewards = {Curve(9), Curve(9)}},
                            {.width = 80, .height = 24});
    // Lines 2 to 17 are the field's; cell 0 of 20 is at the bottom.
    const int marked = 2 + static_cast<int>((19.5 - match.game().ball_row()) / 20 * 16);
    for (int line = 2; line < 18; ++line) {
      EXPECT_EQ(lines[line].find("┤") != std::string::npos, line == marked) << line;
      EXPECT_EQ(lines[line].find("├") != std::string::npos, line == marked) << line;
    }
  }
}

TEST_F(PictureTest, TellsTheWinnerAndTheBallsCell) {
  const auto lines = DrawAfter(7, {.width = 80, .height = 24});
  EXPECT_TRUE(std::regex_search(lines[20], std::regex("winner ([0-9]+), ball \\1$"))) << lines[20];
}

TEST_F(PictureTest, ShowsWeightsBesideAFieldThatKeepsItsSize) {
  const auto lines = DrawAfter(10, {.width = 80, .height = 24}, 20, true);
  ASSERT_EQ(lines.size(), 24u);
  EXPECT_THAT(lines[0], HasSubstr("left rn 1200-1700 pA"));
  EXPECT_THAT(lines[12], HasSubstr("right d 1200-1700 pA"));
  EXPECT_THAT(lines[23], HasSubstr("weights ball > neuron"));
  // The diagonal rises from the left.
  for (size_t k = 0; k < 10; ++k) {
    EXPECT_THAT(lines[10 - k],
                testing::EndsWith(std::string(2 * k, ' ') + "▒▒" + std::string(18 - 2 * k, ' ')));
  }
  EXPECT_EQ(FieldLines(lines), 16);
}

TEST_F(PictureTest, WeightsTakeLittleRoomFromTheField) {
  for (int width = 20; width < 250; width += 9) {
    for (int height = 9; height < 70; height += 3) {
      const Canvas canvas{.width = width, .height = height};
      EXPECT_GE(4 * FieldLines(DrawAfter(10, canvas, 20, true)),
                3 * FieldLines(DrawAfter(10, canvas)));
    }
  }
}

TEST_F(PictureTest, IsPlainAsciiIfItHasToBe) {
  for (const bool color : {false, true}) {
    const auto lines =
        DrawAfter(10, {.width = 80, .height = 24, .color = color, .unicode = false}, 20, true);
    for (const std::string& line : lines) {
      for (const char c : line) ASSERT_TRUE(c == '\x1b' || (' ' <= c && c <= '~')) << line;
    }
    EXPECT_THAT(lines, Contains(HasSubstr("+----")));
  }
}

TEST_F(PictureTest, UsesColoursOnlyIfAllowed) {
  const auto plain = DrawAfter(10, {.width = 80, .height = 24, .unicode = false}, 20, true);
  for (const std::string& line : plain) EXPECT_EQ(line.find('\x1b'), std::string::npos);
  const auto colored =
      DrawAfter(10, {.width = 80, .height = 24, .color = true, .unicode = false}, 20, true);
  ASSERT_EQ(colored.size(), plain.size());
  for (size_t k = 0; k < plain.size(); ++k) {
    EXPECT_EQ(std::regex_replace(colored[k], std::regex("\x1b\\[[0-9;]*m"), ""), plain[k]);
  }
  EXPECT_THAT(colored.front(), HasSubstr("\x1b[0;36m"));
}

}  // namespace
}  // namespace spiked::pong
