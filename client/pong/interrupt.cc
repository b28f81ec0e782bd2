#include "client/pong/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "client/pong/terminal.h"

namespace spiked::pong {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "needed in a signal handler");

void OnSignal(int signal) {
  if (!interrupted.exchange(true)) return;
  RestoreTerminal();
  _exit(128 + signal);
}

// Ctrl-Z: the shell that comes to the fore finds its terminal as it was.
void OnSuspend(int) {
  const int error = errno;
  const bool live = RestoreTerminal();
  raise(SIGSTOP);
  if (live) TakeTerminal();
  errno = error;
}

}  // namespace

void HandleInterrupts() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  action.sa_handler = OnSuspend;
  sigaction(SIGTSTP, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

bool Interrupted() { return interrupted; }

}  // namespace spiked::pong
