#include "tests/storage/fault_vfs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/support/temp_dir.h"

namespace spiked::testing {

class FaultVfs::File final : public storage::FileLayer {
 public:
  File(FaultVfs* vfs, std::string path) : vfs_(*vfs), path_(std::move(path)) {}

  int Write(sqlite3_file* below, const void* bytes, int count, sqlite3_int64 offset) override {
    std::lock_guard lock(vfs_.mutex_);
    if (const int result = vfs_.Next(); result != SQLITE_OK) return result;
    vfs_.disks_[path_].pending.push_back(
        {offset, std::string(static_cast<const char*>(bytes), static_cast<size_t>(count))});
    return FileLayer::Write(below, bytes, count, offset);
  }

  int Truncate(sqlite3_file* below, sqlite3_int64 size) override {
    std::lock_guard lock(vfs_.mutex_);
    if (const int result = vfs_.Next(); result != SQLITE_OK) return result;
    vfs_.disks_[path_].pending.push_back({size, std::nullopt});
    return FileLayer::Truncate(below, size);
  }

  int Sync(sqlite3_file* below, int flags) override {
    std::lock_guard lock(vfs_.mutex_);
    if (const int result = vfs_.Next(); result != SQLITE_OK) return result;
    if (vfs_.sync_failure_ != SQLITE_OK) return vfs_.sync_failure_;
    Disk& disk = vfs_.disks_[path_];
    for (const Change& change : disk.pending) Apply(change, disk.durable);
    disk.pending.clear();
    return SQLITE_OK;
  }

 private:
  FaultVfs& vfs_;
  const std::string path_;
};

FaultVfs::FaultVfs() : VfsLayer(absl::StrCat("faults-", reinterpret_cast<uintptr_t>(this)), "") {}

int64_t FaultVfs::operations() const {
  std::lock_guard lock(mutex_);
  return operations_;
}

void FaultVfs::FailAfter(int64_t operations, int result) {
  std::lock_guard lock(mutex_);
  fail_at_ = operations_ + operations;
  failure_ = result;
}

void FaultVfs::FailSyncs(int result) {
  std::lock_guard lock(mutex_);
  sync_failure_ = result;
}

void FaultVfs::PowerOffAfter(int64_t operations) {
  std::lock_guard lock(mutex_);
  off_at_ = operations_ + operations;
}

int FaultVfs::Next() {
  const int64_t operation = operations_++;
  if (off_at_ >= 0 && operation >= off_at_) return SQLITE_IOERR;
  return operation == fail_at_ ? failure_ : SQLITE_OK;
}

void FaultVfs::Apply(const Change& change, std::string& content) {
  const auto offset = static_cast<size_t>(change.offset);
  if (!change.bytes) {
    content.resize(offset);
    return;
  }
  content.resize(std::max(content.size(), offset + change.bytes->size()));
  std::ranges::copy(*change.bytes, content.begin() + change.offset);
}

void FaultVfs::PowerOn(std::mt19937& random) {
  std::lock_guard lock(mutex_);
  off_at_ = -1;
  for (auto& [path, disk] : disks_) {
    std::string content = disk.durable;
    for (Change& change : disk.pending) {
      if (random() % 2 == 0) continue;
      // Disks write sectors whole, but not all of them.
      if (change.bytes && random() % 4 == 0) {
        constexpr size_t kSector = 512;
        const size_t sectors = change.bytes->size() / kSector;
        change.bytes->resize(random() % (sectors + 1) * kSector);
      }
      Apply(change, content);
    }
    disk = {.durable = content, .pending = {}};
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    std::filesystem::remove(std::filesystem::path(path).replace_filename("lock"));
  }
}

std::unique_ptr<storage::FileLayer> FaultVfs::LayerOf(const char* path, int /*flags*/) {
  if (path == nullptr) return nullptr;
  std::lock_guard lock(mutex_);
  const auto [disk, added] = disks_.try_emplace(path);
  if (added) disk->second.durable = ReadFile(path);
  return std::make_unique<File>(this, path);
}

int FaultVfs::Delete(const char* path, int /*sync*/) {
  std::lock_guard lock(mutex_);
  if (const int result = Next(); result != SQLITE_OK) return result;
  disks_.erase(path);
  return VfsLayer::Delete(path, 0);
}

}  // namespace spiked::testing
