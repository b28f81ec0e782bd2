#include "client/pong/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "client/command_line/streams.h"

namespace spiked::pong {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";

std::atomic<bool> screen_is_live = false;

// The variable's value; empty if it is unset.
std::string_view Environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// What setlocale would find, but also for a locale that this machine does not
// know, as is common behind ssh.
bool LocaleIsUtf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = Environment(variable);
    if (value.empty()) continue;
    const std::string locale = absl::AsciiStrToLower(std::string(value));
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return false;
}

}  // namespace

bool IsTerminal() {
  const std::string_view kind = Environment("TERM");
  return isatty(STDOUT_FILENO) == 1 && !kind.empty() && kind != "dumb";
}

LiveScreen::LiveScreen() { TakeTerminal(); }

LiveScreen::~LiveScreen() { RestoreTerminal(); }

Canvas LiveScreen::canvas() {
  Canvas canvas{.color = Environment("NO_COLOR").empty(), .unicode = LocaleIsUtf8()};
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    canvas.width = size.ws_col;
    canvas.height = size.ws_row;
  }
  return canvas;
}

absl::Status LiveScreen::Show(const std::vector<std::string>& lines) {
  // Whoever gave the terminal back, in a signal handler, must not find a picture
  // there.
  if (!screen_is_live) return absl::OkStatus();
  // Overwriting line by line does not flicker as clearing the screen would.
  std::string frame = "\x1b[H";
  for (size_t k = 0; k < lines.size(); ++k) {
    if (k > 0) frame += "\r\n";
    frame += lines[k];
    frame += "\x1b[K";
  }
  frame += "\x1b[J";
  return WriteOut(frame);
}

// Nothing but write is safe in a signal handler. There is nobody to tell of a
// failure; Show meets the same error, and reports it.

bool RestoreTerminal() {
  if (!screen_is_live.exchange(false)) return false;
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, kLeave.data(), kLeave.size());
  return true;
}

void TakeTerminal() {
  screen_is_live = true;
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, kEnter.data(), kEnter.size());
}

}  // namespace spiked::pong
