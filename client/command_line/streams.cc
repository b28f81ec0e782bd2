#include "client/command_line/streams.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_cat.h"

namespace spiked {

absl::Status WriteOut(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, "cannot write to standard output");
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

void Complain(absl::string_view program, absl::string_view message) {
  std::fputs(absl::StrCat(program, ": ", message, "\n").c_str(), stderr);
}

}  // namespace spiked
