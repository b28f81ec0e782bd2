#include "client/ctl/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/command_line/streams.h"
#include "client/ctl/table.h"

namespace spiked::ctl {
namespace {

constexpr absl::string_view kHideCursor = "\x1b[?25l", kShowCursor = "\x1b[?25h";
// What comes through the pipe, beside numbers of signals.
constexpr char kStop = 0;

// Of the terminal, for handlers of signals.
std::atomic<bool> taken{false}, asked_to_end{false};
bool has_keyboard = false;
termios before;
std::array<int, 2> signals = {-1, -1};  // a pipe that tells the listener of them

void Put(absl::string_view text) {
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, text.data(), text.size());
}

// Keys come as they are pressed, and are not shown. Ctrl-C stays a signal, which takes away keys
// that have not been read: nobody may wait in a read for those that were there.
void Take() {
  if (has_keyboard) {
    termios now = before;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = now.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
  }
  Put(kHideCursor);
  taken = true;
}

void Restore() {
  if (!taken.exchange(false)) return;
  if (has_keyboard) tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
  Put(kShowCursor);
}

void Tell(char what) { [[maybe_unused]] const auto written = write(signals[1], &what, 1); }

void OnSignal(int signal) {
  const int error = errno;
  if (signal == SIGTSTP) {
    // The shell that comes to the fore finds its terminal as it was.
    Restore();
    raise(SIGSTOP);
    Take();
    signal = SIGWINCH;  // who knows what is on it now
  } else if (signal != SIGWINCH && asked_to_end.exchange(true)) {
    Restore();
    _exit(128 + signal);
  }
  Tell(static_cast<char>(signal));
  errno = error;
}

constexpr std::array<int, 5> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};

Screen::Size SizeOfTerminal() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    // The last line is the cursor's.
    return {.columns = size.ws_col, .lines = std::max<size_t>(size.ws_row, 2) - 1};
  }
  return {.columns = 80, .lines = 23};
}

}  // namespace

Screen::Screen(std::function<void()> on_end)
    : terminal_(isatty(STDOUT_FILENO) != 0 && pipe2(signals.data(), O_CLOEXEC) == 0),
      on_end_(std::move(on_end)) {
  if (!terminal_) return;
  // In the background the keyboard is somebody else's.
  has_keyboard = isatty(STDIN_FILENO) != 0 && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
                 tcgetattr(STDIN_FILENO, &before) == 0;
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  for (const int signal : kSignals) sigaction(signal, &action, nullptr);
  Take();
  listener_ = std::thread([this] { Listen(); });
}

Screen::~Screen() {
  if (!terminal_) return;
  Tell(kStop);
  listener_.join();
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  Restore();
  for (const int end : signals) close(end);
}

void Screen::Listen() {
  std::array<pollfd, 2> polled = {
      pollfd{.fd = signals[0], .events = POLLIN, .revents = 0},
      pollfd{.fd = has_keyboard ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}};
  for (;;) {
    if (poll(polled.data(), polled.size(), /*timeout=*/-1) < 0) continue;
    char what = 0;
    if (polled[0].revents != 0 && read(signals[0], &what, 1) == 1) {
      if (what == kStop) return;
      if (what == SIGWINCH) {
        std::lock_guard lock(mutex_);
        if (shown_) DrawAnew(/*clear=*/true).IgnoreError();  // who shows the next text is told
      } else {
        End();
      }
    }
    if (polled[1].revents != 0) {
      const auto count = read(STDIN_FILENO, &what, 1);
      if (count < 0 || (count == 0 && polled[1].revents != POLLIN)) {
        polled[1].fd = -1;  // the terminal is gone
      } else if (count == 1 && (what == 'q' || what == 'Q')) {
        End();
      }
    }
  }
}

void Screen::End() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
  }
  ends_.notify_all();
  on_end_();
}

bool Screen::ended() const {
  std::lock_guard lock(mutex_);
  return ended_;
}

bool Screen::Wait(absl::Duration time) {
  std::unique_lock lock(mutex_);
  return !ends_.wait_for(lock, absl::ToChronoNanoseconds(time), [this] { return ended_; });
}

absl::Status Screen::Show(Draw draw) {
  std::lock_guard lock(mutex_);
  draw_ = std::move(draw);
  return DrawAnew(/*clear=*/false);
}

absl::Status Screen::DrawAnew(bool clear) {
  const bool first = !std::exchange(shown_, true);
  const Size size = SizeOfTerminal();
  const std::string text = draw_(size);
  if (!terminal_) return WriteOut(absl::StrCat(first ? "" : "\n", text));
  // Over the one before, without emptying the screen in between.
  return WriteOut(absl::StrCat(
      first || clear ? "\x1b[2J" : "", "\x1b[H",
      absl::StrReplaceAll(Clipped(text, size.columns), {{"\n", "\x1b[K\n"}}), "\x1b[J"));
}

}  // namespace spiked::ctl
