// Where something is shown again and again, each time in place of what was there.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace spiked::ctl {

// Standard output: a terminal, or something that takes one text after another. A terminal is
// taken over as long as the screen lives, and left as it was, with what was shown last. One at
// a time.
class Screen {
 public:
  struct Size {
    size_t columns, lines;
  };
  using Draw = std::function<std::string(Size)>;

  // On a terminal people end what is shown by q or Ctrl-C: `on_end` is called then, on another
  // thread. A second Ctrl-C ends the program.
  explicit Screen(std::function<void()> on_end = [] {});
  ~Screen();
  Screen(const Screen&) = delete;

  bool is_terminal() const { return terminal_; }
  // Shows a text; on a terminal lines end where it ends, and when it gets another size the text
  // is drawn anew, on another thread. Where there is no terminal there are 80 columns and 23
  // lines.
  absl::Status Show(Draw draw);
  bool ended() const;
  // Waits for so long; whether it has not ended.
  bool Wait(absl::Duration time);

 private:
  void Listen();
  void End();
  // With the mutex held.
  absl::Status DrawAnew(bool clear);

  const bool terminal_;
  const std::function<void()> on_end_;
  mutable std::mutex mutex_;
  std::condition_variable ends_;
  bool ended_ = false, shown_ = false;
  Draw draw_;
  std::thread listener_;
};

}  // namespace spiked::ctl
