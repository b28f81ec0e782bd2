// A player's weights as a square of shades.
#pragma once

#include <vector>

#include "client/cpp/recordings.h"
#include "client/pong/canvas.h"

namespace spiked::pong {

// The matrix as pixels, two above each other in one character. A column for each
// motor neuron, from the left; a row for each cell of the ball, from the bottom,
// as in the field: a player that has learnt to hit has a light diagonal.
class WeightImage {
 public:
  // `pixels` rows and columns; each pixel is the mean of the weights that it
  // covers. `weights` must be a square matrix.
  WeightImage(const client::Weights& weights, int pixels);

  int lines() const { return (pixels_ + 1) / 2; }
  // The darkest and the lightest shade in pA. They are some way apart, so that
  // what is nearly even looks so.
  double darkest() const { return darkest_; }
  double lightest() const { return lightest_; }

  // Appends line `line`, counted from the top: a column in which the row of
  // `marked_cell` is marked, then the pixels.
  void AppendLine(int line, int marked_cell, const Canvas& canvas, Line* out) const;

 private:
  // How light a pixel is, from 0 to 1; row 0 is at the bottom.
  double Lightness(int row, int column) const;

  int cells_;
  int pixels_;
  // Row-major, mean weight in pA.
  std::vector<double> means_;
  double darkest_ = 0.0;
  double lightest_ = 0.0;
};

}  // namespace spiked::pong
