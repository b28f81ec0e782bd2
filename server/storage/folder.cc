#include "server/storage/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spiked::storage {
namespace {

absl::Status CannotUse(absl::string_view path, int error) {
  return absl::UnavailableError(absl::StrCat("cannot use ", path, ": ", std::strerror(error)));
}

// Who has locked the file, as it says.
std::string HolderOf(int lock) {
  char text[32];
  const ssize_t bytes = pread(lock, text, sizeof text, 0);
  return bytes <= 0 ? "another process" : absl::StrCat("process ", absl::string_view(text, bytes));
}

}  // namespace

absl::StatusOr<Folder> Folder::Lock(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return CannotUse(path, errno);
  const std::string file = path + "/lock";
  const int lock = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return CannotUse(file, errno);
  Folder folder(path, lock);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return CannotUse(file, errno);
    return absl::FailedPreconditionError(absl::StrCat(path, " is in use by ", HolderOf(lock)));
  }
  const std::string holder = absl::StrCat(getpid());
  if (ftruncate(lock, 0) != 0 ||
      pwrite(lock, holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size())) {
    // The lock counts, not what it says.
  }
  return folder;
}

Folder::~Folder() {
  if (lock_ >= 0) close(lock_);
}

}  // namespace spiked::storage
