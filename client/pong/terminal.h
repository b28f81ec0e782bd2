// Standard output, as a terminal or not.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "client/pong/canvas.h"

namespace spiked::pong {

// Whether standard output can show a live picture.
bool IsTerminal();

// The terminal while it shows a picture: takes the alternate screen and hides
// the cursor, and gives both back when it is destroyed.
class LiveScreen {
 public:
  LiveScreen();
  ~LiveScreen();
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  // The terminal's size at present. Colours unless the environment variable
  // NO_COLOR is set, block characters if the locale's character set is UTF-8.
  static Canvas canvas();

  // Replaces what the screen shows.
  absl::Status Show(const std::vector<std::string>& lines);
};

// For signal handlers, safe at any moment, and nothing unless there is a
// LiveScreen: gives the terminal back as the destructor does, and takes it again.
// RestoreTerminal tells whether there was something to give back.
bool RestoreTerminal();
void TakeTerminal();

}  // namespace spiked::pong
