#include "server/storage/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace spiked::storage {
namespace {

absl::Status CannotUse(absl::string_view path, int error) {
  return absl::UnavailableError(absl::StrCat("cannot use ", path, ": ", std::strerror(error)));
}

std::string Text(int file) {
  char text[128];
  const ssize_t bytes = pread(file, text, sizeof text, 0);
  return {text, static_cast<size_t>(std::max<ssize_t>(bytes, 0))};
}

// Unlike that of any other boot of any machine; empty if that is not known.
std::string Boot() {
  const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  std::string boot = Text(file);
  close(file);
  absl::StripTrailingAsciiWhitespace(&boot);
  return boot;
}

// The process that has locked the file, and the boot, as the file says.
std::pair<std::string, std::string> Said(int lock) {
  return absl::StrSplit(Text(lock), absl::MaxSplits(' ', 1));
}

// The lock counts, not what it says: nobody minds if that cannot be written.
void Say(int lock, absl::string_view boot) {
  const std::string text =
      boot.empty() ? absl::StrCat(getpid()) : absl::StrCat(getpid(), " ", boot);
  if (ftruncate(lock, 0) == 0) (void)!pwrite(lock, text.data(), text.size(), 0);
}

}  // namespace

absl::Status FileError(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
}

absl::StatusOr<Folder> Folder::Lock(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return CannotUse(path, errno);
  const std::string file = path + "/lock";
  const int lock = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return CannotUse(file, errno);
  Folder folder(path, lock);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return CannotUse(file, errno);
    const std::string holder = Said(lock).first;
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is in use by ",
                     holder.empty() ? "another process" : absl::StrCat("process ", holder)));
  }
  const std::string boot = Said(lock).second;
  folder.same_boot_ = !boot.empty() && boot == Boot();
  Say(lock, folder.same_boot_ ? boot : "");
  return folder;
}

std::optional<uint64_t> Folder::FreeBytes() const {
  struct statvfs info;
  if (statvfs(path_.c_str(), &info) != 0) return std::nullopt;
  return uint64_t{info.f_bavail} * info.f_frsize;
}

uint64_t Folder::FileBytes() const {
  constexpr uint64_t kBlockBytes = 512;
  uint64_t bytes = 0;
  std::error_code error;  // then it is what has been seen so far
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    struct stat info;
    if (lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    bytes += static_cast<uint64_t>(info.st_blocks) * kBlockBytes;
  }
  return bytes;
}

void Folder::Fits() const { Say(lock_, Boot()); }

Folder::~Folder() {
  if (lock_ >= 0) close(lock_);
}

}  // namespace spiked::storage
