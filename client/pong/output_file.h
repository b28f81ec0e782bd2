// A file that is written line by line, with its errors.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace spiked::pong {

class OutputFile {
 public:
  // Begins a new file, or goes on after so many bytes of one, what lies behind which is there
  // until the first line is written; or an error with the path and the cause.
  static absl::StatusOr<OutputFile> Open(const std::string& path, int64_t after = 0);

  // Appends the text and a line break, which are there then even if the process dies.
  // Close tells whether it worked.
  void WriteLine(std::string_view text);

  // Closes the file; DATA_LOSS if not everything could be written.
  absl::Status Close();

 private:
  OutputFile(std::string path, std::ofstream file, int64_t after);

  std::string path_;
  std::ofstream file_;
  int64_t cut_at_;  // before the first line
};

}  // namespace spiked::pong
