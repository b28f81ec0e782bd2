// The folder of a store, for one process at a time.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace spiked::storage {

// Holds the folder until it is destroyed, or its process dies.
class Folder {
 public:
  // Makes the folder, for its owner alone, if it is missing. FAILED_PRECONDITION if
  // another process (or another Folder) holds it; UNAVAILABLE if it cannot be used.
  static absl::StatusOr<Folder> Lock(const std::string& path);
  Folder(Folder&& other) noexcept
      : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  Folder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;  // the open file
};

}  // namespace spiked::storage
