#include "server/access/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace spiked::access {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;

template <typename... Parts>
absl::Status Unusable(const std::string& path, const Parts&... why) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", why...));
}

absl::Status CheckFile(const std::string& path, const struct stat& info, Readers readers) {
  if (!S_ISREG(info.st_mode)) return Unusable(path, "is not a file");
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return Unusable(path, "belongs to another user");
  }
  if ((info.st_mode & 022) != 0) {
    return Unusable(path, "can be changed by others; chmod 600 mends that");
  }
  if (readers == Readers::kOwner && (info.st_mode & 044) != 0) {
    return Unusable(path, "can be read by others; chmod 600 mends that");
  }
  if (static_cast<size_t>(info.st_size) > kMaxFileBytes) return Unusable(path, "is too large");
  return absl::OkStatus();
}

bool WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0;
}

bool operator==(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, Readers readers) {
  // Not blocking: what is there may be a pipe.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, " does not exist"));
    if (errno == ELOOP) return Unusable(path, "is a link");
    return Unusable(path, "cannot be read: ", std::strerror(errno));
  }
  const auto close_it = absl::MakeCleanup([fd] { close(fd); });
  struct stat info;
  if (fstat(fd, &info) != 0) return Unusable(path, "cannot be read: ", std::strerror(errno));
  if (absl::Status status = CheckFile(path, info, readers); !status.ok()) return status;
  std::string content;
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unusable(path, "cannot be read: ", std::strerror(errno));
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<size_t>(count));
    if (content.size() > kMaxFileBytes) return Unusable(path, "is too large");
  }
}

absl::Status WritePrivateFile(const std::string& path, absl::string_view content) {
  // Made with 0600, under a name that nobody else has.
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Unusable(path, "cannot be written: ", std::strerror(errno));
  bool written = WriteAll(fd, content);
  int error = errno;
  close(fd);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = false;
    error = errno;
  }
  if (!written) {
    unlink(temporary.c_str());
    return Unusable(path, "cannot be written: ", std::strerror(error));
  }
  // The new name survives a loss of power, too, where the file system can do that.
  const int folder = open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return absl::OkStatus();
}

absl::Status MakePrivateFolder(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    mkdir(path.substr(0, slash).c_str(), 0700);  // what has failed shows below
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Unusable(path, "cannot be created: ", std::strerror(errno));
  }
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    if (errno == ELOOP || errno == ENOTDIR) return Unusable(path, "is not a folder");
    return Unusable(path, "cannot be opened: ", std::strerror(errno));
  }
  const auto close_it = absl::MakeCleanup([fd] { close(fd); });
  struct stat info;
  if (fstat(fd, &info) != 0) return Unusable(path, "cannot be used: ", std::strerror(errno));
  if (info.st_uid != geteuid()) return Unusable(path, "belongs to another user");
  if ((info.st_mode & 077) != 0 && fchmod(fd, 0700) != 0) {
    return Unusable(path, "cannot be made private: ", std::strerror(errno));
  }
  return absl::OkStatus();
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool FileWatch::Version::operator==(const Version& other) const {
  return exists == other.exists && device == other.device && inode == other.inode &&
         size == other.size && access::operator==(modified, other.modified) &&
         access::operator==(changed, other.changed);
}

FileWatch::Version FileWatch::Look() const {
  struct stat info;
  if (lstat(path_.c_str(), &info) != 0) return {};
  return {.exists = true,
          .device = info.st_dev,
          .inode = info.st_ino,
          .size = info.st_size,
          .modified = info.st_mtim,
          .changed = info.st_ctim};
}

bool FileWatch::Changed() { return std::exchange(last_, Look()) != last_; }

FolderLock::FolderLock(const std::string& folder)
    : fd_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (fd_ >= 0) flock(fd_, LOCK_EX);
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace spiked::access
