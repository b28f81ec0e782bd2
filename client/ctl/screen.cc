#include "client/ctl/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/command_line/streams.h"
#include "client/ctl/table.h"

namespace spiked::ctl {

Screen::Screen() : terminal_(isatty(STDOUT_FILENO) != 0) {}

Screen::Size Screen::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    // The last line is the cursor's.
    return {.columns = size.ws_col, .lines = size.ws_row - size_t{1}};
  }
  return {.columns = 80, .lines = 23};
}

absl::Status Screen::Show(const std::string& text) {
  const bool first = !std::exchange(shown_, true);
  if (!terminal_) return WriteOut(absl::StrCat(first ? "" : "\n", text));
  // Over the one before, without emptying the screen in between.
  return WriteOut(absl::StrCat(
      first ? "\x1b[2J" : "", "\x1b[H",
      absl::StrReplaceAll(Clipped(text, size().columns), {{"\n", "\x1b[K\n"}}), "\x1b[J"));
}

}  // namespace spiked::ctl
