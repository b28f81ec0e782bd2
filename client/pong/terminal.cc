#include "client/pong/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>

namespace spiked::pong {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";

std::atomic<bool> screen_is_live = false;

bool HasValue(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

bool IsTerminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

absl::Status WriteOut(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, "cannot write to standard output");
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

LiveScreen::LiveScreen() {
  screen_is_live = true;
  WriteOut(kEnter).IgnoreError();  // Show meets the same error, and reports it.
}

LiveScreen::~LiveScreen() { RestoreTerminal(); }

Canvas LiveScreen::canvas() {
  Canvas canvas{.color = !HasValue("NO_COLOR")};
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    canvas.width = size.ws_col;
    canvas.height = size.ws_row;
  }
  return canvas;
}

absl::Status LiveScreen::Show(const std::vector<std::string>& lines) {
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

void RestoreTerminal() {
  if (!screen_is_live.exchange(false)) return;
  // Nothing but write is safe in a signal handler; there is nobody to tell of
  // a failure.
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, kLeave.data(), kLeave.size());
}

}  // namespace spiked::pong
