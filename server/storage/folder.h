// The folder of a store, for one process at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace spiked::storage {

// UNAVAILABLE: what errno says, of the file at that path.
absl::Status FileError(const std::string& path);

// Holds the folder until it is destroyed, or its process dies.
class Folder {
 public:
  // Makes the folder, for its owner alone, if it is missing. FAILED_PRECONDITION if
  // another process (or another Folder) holds it; UNAVAILABLE if it cannot be used.
  static absl::StatusOr<Folder> Lock(const std::string& path);
  Folder(Folder&& other) noexcept
      : path_(std::move(other.path_)),
        lock_(std::exchange(other.lock_, -1)),
        same_boot_(other.same_boot_) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  // Whether the machine has run on since it was said last that what is here fits: then all
  // that was written is here, synced or not, unless it has been damaged.
  bool same_boot() const { return same_boot_; }
  // What is here fits.
  void Fits() const;

  // How many bytes more it can hold, if that can be told, and how many its files take.
  std::optional<uint64_t> FreeBytes() const;
  uint64_t FileBytes() const;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  Folder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;  // the open file: the holder's number, and when it fits the machine's boot
  bool same_boot_ = false;
};

}  // namespace spiked::storage
