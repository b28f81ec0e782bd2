// The live picture of a match. A pure function from the state of the match to
// lines of text; terminal.h brings them to the screen.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "client/pong/chart.h"
#include "client/pong/match.h"
#include "client/pong/progress.h"

namespace spiked::pong {

// Where the picture has to fit.
struct Canvas {
  // Columns and lines.
  int width = 80;
  int height = 24;
  // Whether to use the colours of ANSI terminals.
  bool color = false;
};

// Draws score, field, spike counts, the curves of mean reward and progress. At
// most canvas.height lines (UTF-8, without line breaks) of at most canvas.width
// columns; what does not fit is left out, the field first.
std::vector<std::string> Draw(const Match& match, const Progress& progress,
                              const std::array<Curve, 2>& mean_rewards, const Canvas& canvas);

}  // namespace spiked::pong
