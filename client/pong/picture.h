// The live picture of a match. A pure function from the state of the match to
// lines of text; terminal.h brings them to the screen.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "client/cpp/recordings.h"
#include "client/pong/canvas.h"
#include "client/pong/curve.h"
#include "client/pong/match.h"
#include "client/pong/progress.h"

namespace spiked::pong {

// What is to be seen.
struct Scene {
  const Match& match;
  const Progress& progress;
  const std::array<Curve, 2>& mean_rewards;
  // Square matrices, one for each player; null if they are not known.
  const std::array<client::Weights, 2>* weights = nullptr;
};

// Draws score, field, progress, spike counts and the curves of mean reward, and
// the weights to the right of it all. Field and spikes are those of the last
// poll; the ball's cell is marked beside the field, among the spikes and beside
// the weights. At most canvas.height lines (UTF-8, without line breaks) of at
// most canvas.width columns. What does not fit is left out: first the weights,
// then the charts, the field last.
std::vector<std::string> Draw(const Scene& scene, const Canvas& canvas);

}  // namespace spiked::pong
