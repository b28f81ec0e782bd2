#include "client/pong/weight_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace spiked::pong {
namespace {

using testing::ElementsAre;

// A square matrix, row by row from row 0.
client::Weights Square(uint32_t rows, std::vector<double> values) {
  client::Weights weights;
  weights.rows = weights.columns = rows;
  weights.values = std::move(values);
  return weights;
}

client::Weights Diagonal(uint32_t rows) {
  client::Weights weights = Square(rows, std::vector<double>(size_t{rows} * rows, 1000.0));
  for (uint32_t k = 0; k < rows; ++k) weights.values[size_t{k} * rows + k] = 2000.0;
  return weights;
}

std::vector<std::string> Lines(const WeightImage& image, int marked_cell, Canvas canvas = {}) {
  std::vector<std::string> lines;
  for (int k = 0; k < image.lines(); ++k) {
    Line line(canvas);
    image.AppendLine(k, marked_cell, canvas, &line);
    lines.push_back(std::move(line).Finish());
  }
  return lines;
}

TEST(WeightImageTest, HasTheFirstRowAtTheBottomAndTheFirstColumnAtTheLeft) {
  EXPECT_THAT(Lines(WeightImage(Diagonal(4), 4), 0), ElementsAre("   ▒▒", "▄▒▒  "));
}

TEST(WeightImageTest, MarksTheRowOfTheBallsCell) {
  const WeightImage image(Diagonal(4), 4);
  EXPECT_THAT(Lines(image, 1), ElementsAre("   ▒▒", "▀▒▒  "));
  EXPECT_THAT(Lines(image, 3), ElementsAre("▀  ▒▒", " ▒▒  "));
  EXPECT_THAT(Lines(image, 2, {.unicode = false}), ElementsAre(">  ==", " ==  "));
}

TEST(WeightImageTest, AWeightMayTakeSeveralPixels) {
  EXPECT_THAT(Lines(WeightImage(Diagonal(2), 4), 1), ElementsAre("█  ██", " ██  "));
}

TEST(WeightImageTest, APixelMayBeTheMeanOfSeveralWeights) {
  const WeightImage image(Diagonal(8), 4);
  EXPECT_EQ(image.darkest(), 1000.0);
  EXPECT_EQ(image.lightest(), 1500.0);
  EXPECT_THAT(Lines(image, 2), ElementsAre("   ▒▒", "▀▒▒  "));
}

TEST(WeightImageTest, AnOddNumberOfRowsEndsInHalfALine) {
  EXPECT_THAT(Lines(WeightImage(Diagonal(3), 3), 0), ElementsAre("  ▒▒", "▀█  "));
}

TEST(WeightImageTest, ColoursShowBothRowsOfALine) {
  EXPECT_THAT(Lines(WeightImage(Diagonal(2), 2), 9, {.color = true}),
              ElementsAre(" \x1b[0;38;5;232;48;5;255m▀"
                          "\x1b[0;38;5;255;48;5;232m▀\x1b[0m"));
}

TEST(WeightImageTest, WeightsThatAreNearlyEvenLookEven) {
  const WeightImage image(Square(2, {1300.0, 1301.0, 1299.0, 1302.0}), 2);
  EXPECT_THAT(Lines(image, 9), ElementsAre("   "));
  EXPECT_EQ(image.darkest(), 1299.0);
  EXPECT_EQ(image.lightest(), 1399.0);
}

}  // namespace
}  // namespace spiked::pong
