// Linked into a server, makes a SIGKILL a loss of power: for each file beside it there is
// `FILE.disk`, which has what was synced, and at random some of what was not. Whoever has
// killed the server puts these in the files' places.
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/vfs_layer.h"

namespace spiked::testing {
namespace {

std::string OnDisk(const std::string& path) { return path + ".disk"; }

class PowerLossVfs final : public storage::VfsLayer {
 public:
  PowerLossVfs() : VfsLayer("power-loss", "") {
    sqlite3_vfs_register(sqlite3_vfs_find(name().c_str()), /*makeDflt=*/1);
  }

 private:
  struct Change {
    sqlite3_int64 offset;
    std::optional<std::string> bytes;  // none: what lies behind the offset is cut off
  };

  class File final : public storage::FileLayer {
   public:
    File(PowerLossVfs* vfs, std::string path) : vfs_(*vfs), path_(std::move(path)) {}

    int Write(sqlite3_file* below, const void* bytes, int count, sqlite3_int64 offset) override {
      std::lock_guard lock(vfs_.mutex_);
      vfs_.Keep(path_,
                {offset, std::string(static_cast<const char*>(bytes), static_cast<size_t>(count))});
      return FileLayer::Write(below, bytes, count, offset);
    }
    int Truncate(sqlite3_file* below, sqlite3_int64 size) override {
      std::lock_guard lock(vfs_.mutex_);
      vfs_.Keep(path_, {size, std::nullopt});
      return FileLayer::Truncate(below, size);
    }
    int Sync(sqlite3_file* /*below*/, int /*flags*/) override {
      std::lock_guard lock(vfs_.mutex_);
      for (const Change& change : vfs_.pending_[path_]) Apply(path_, change);
      vfs_.pending_[path_].clear();
      return SQLITE_OK;
    }

   private:
    PowerLossVfs& vfs_;
    const std::string path_;
  };

  std::unique_ptr<storage::FileLayer> LayerOf(const char* path, int /*flags*/) override {
    if (path == nullptr) return nullptr;
    std::lock_guard lock(mutex_);
    // What lies there at the start is on the disk.
    if (!pending_.contains(path)) {
      std::filesystem::remove(OnDisk(path));
      std::error_code missing;
      std::filesystem::copy_file(path, OnDisk(path), missing);
      pending_[path];
    }
    return std::make_unique<File>(this, path);
  }

  int Delete(const char* path, int sync) override {
    std::lock_guard lock(mutex_);
    pending_.erase(path);
    std::filesystem::remove(OnDisk(path));
    return VfsLayer::Delete(path, sync);
  }

  void Keep(const std::string& path, Change change) {
    // Disks write what they like first.
    if (random_() % 3 == 0) Apply(path, change);
    pending_[path].push_back(std::move(change));
  }

  static void Apply(const std::string& path, const Change& change) {
    const std::string disk = OnDisk(path);
    if (!std::filesystem::exists(disk)) std::ofstream(disk, std::ios::binary).close();
    if (!change.bytes) {
      std::filesystem::resize_file(disk, static_cast<uintmax_t>(change.offset));
      return;
    }
    std::fstream(disk, std::ios::binary | std::ios::in | std::ios::out)
        .seekp(change.offset)
        .write(change.bytes->data(), static_cast<std::streamsize>(change.bytes->size()));
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<Change>> pending_;  // by path
  std::mt19937 random_{std::random_device()()};
};

// For as long as the process lives.
[[maybe_unused]] const PowerLossVfs& power_loss = *new PowerLossVfs;

}  // namespace
}  // namespace spiked::testing
