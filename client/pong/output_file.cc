#include "client/pong/output_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spiked::pong {

absl::StatusOr<OutputFile> OutputFile::Open(const std::string& path, int64_t after) {
  std::error_code error;
  if (after > 0) std::filesystem::resize_file(path, static_cast<uintmax_t>(after), error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot write to ", path));
  std::ofstream file(path, std::ios::binary | (after > 0 ? std::ios::app : std::ios::trunc));
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write to ", path));
  return OutputFile(path, std::move(file));
}

OutputFile::OutputFile(std::string path, std::ofstream file)
    : path_(std::move(path)), file_(std::move(file)) {}

void OutputFile::WriteLine(std::string_view text) { file_ << text << '\n' << std::flush; }

absl::Status OutputFile::Close() {
  file_.close();
  if (!file_) return absl::DataLossError(absl::StrCat(path_, " could not be written completely"));
  return absl::OkStatus();
}

}  // namespace spiked::pong
