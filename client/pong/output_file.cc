#include "client/pong/output_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spiked::pong {

absl::StatusOr<OutputFile> OutputFile::Open(const std::string& path, int64_t after) {
  std::ofstream file(path, std::ios::binary | (after > 0 ? std::ios::app : std::ios::trunc));
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write to ", path));
  return OutputFile(path, std::move(file), after);
}

OutputFile::OutputFile(std::string path, std::ofstream file, int64_t after)
    : path_(std::move(path)), file_(std::move(file)), cut_at_(after) {}

void OutputFile::WriteLine(std::string_view text) {
  if (const auto cut_at = std::exchange(cut_at_, 0); cut_at > 0) {
    std::error_code error;
    std::filesystem::resize_file(path_, static_cast<uintmax_t>(cut_at), error);
    if (error) file_.setstate(std::ios::badbit);
  }
  file_ << text << '\n' << std::flush;
}

absl::Status OutputFile::Close() {
  file_.close();
  if (!file_) return absl::DataLossError(absl::StrCat(path_, " could not be written completely"));
  return absl::OkStatus();
}

}  // namespace spiked::pong
