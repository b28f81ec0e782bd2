// Files and folders that nobody else may change, and secrets that nobody else may
// read.
#pragma once

#include <sys/stat.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::access {

// Who may read a file beside its owner.
enum class Readers { kOwner, kAll };

// All of a file. NOT_FOUND if there is none; FAILED_PRECONDITION if it is a link or
// no file, does not belong to this user (or root), can be changed by others or read by
// those who may not, is larger than 16 MiB, or cannot be read.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, Readers readers);

// Puts a file (0600) into place at once, so that whoever reads it sees the old or the
// new one, whole. FAILED_PRECONDITION if that cannot be done; then nothing has changed.
absl::Status WritePrivateFile(const std::string& path, absl::string_view content);

// Makes a folder that nobody else can enter (0700), with the folders around it, or finds
// it so. FAILED_PRECONDITION if it is a link or no folder, or belongs to somebody else.
absl::Status MakePrivateFolder(const std::string& path);

// The folder of a path: `.` where it names none.
std::string FolderOf(const std::string& path);

// Tells whether a file is another one, or has changed, since it was last asked.
class FileWatch {
 public:
  explicit FileWatch(std::string path) : path_(std::move(path)), last_(Look()) {}
  bool Changed();

 private:
  struct Version {
    bool exists = false;
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{}, changed{};
    bool operator==(const Version& other) const;
  };
  Version Look() const;

  const std::string path_;
  Version last_;
};

// Keeps others from changing what is in a folder, if they ask in the same way.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace spiked::access
