// Where something is shown again and again, each time in place of what was there.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace spiked::ctl {

// Standard output: a terminal, or something that takes one text after another.
class Screen {
 public:
  struct Size {
    size_t columns, lines;
  };

  Screen();
  bool is_terminal() const { return terminal_; }
  // As of now; 80 columns and 23 lines where there is no terminal.
  Size size() const;
  // Shows a text; on a terminal lines end where it ends.
  absl::Status Show(const std::string& text);

 private:
  const bool terminal_;
  bool shown_ = false;
};

}  // namespace spiked::ctl
