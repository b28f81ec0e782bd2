// Files that fail, and a machine that loses power.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "server/storage/vfs_layer.h"

namespace spiked::testing {

// Counts what changes files: writes, changes of size, syncs and deletions. It lets one of
// them fail, or all from one on as if the power had gone; then it puts the files into a
// state in which they may be afterwards: what was synced is there, and of what came later
// any part. Thread-safe.
class FaultVfs final : public storage::VfsLayer {
 public:
  FaultVfs();

  int64_t operations() const;
  // The operation that comes after so many more fails with that result of SQLite's.
  void FailAfter(int64_t operations, int result);
  // So do all syncs from now on.
  void FailSyncs(int result);
  // Nothing reaches the files any more once so many more operations have.
  void PowerOffAfter(int64_t operations);
  // The files as they may be afterwards, on a machine that was started anew; none may be open.
  // Then all works again.
  void PowerOn(std::mt19937& random);

 private:
  class File;
  struct Change {
    sqlite3_int64 offset;
    std::optional<std::string> bytes;  // none: what lies behind the offset is cut off
  };
  struct Disk {
    std::string durable;
    std::vector<Change> pending;
  };

  std::unique_ptr<storage::FileLayer> LayerOf(const char* path, int flags) override;
  int Delete(const char* path, int sync) override;
  // Whether the next operation goes well, with the mutex held.
  int Next();
  static void Apply(const Change& change, std::string& content);

  mutable std::mutex mutex_;
  std::map<std::string, Disk> disks_;  // by path
  int64_t operations_ = 0;
  int64_t fail_at_ = -1, off_at_ = -1;
  int failure_ = SQLITE_OK, sync_failure_ = SQLITE_OK;
};

}  // namespace spiked::testing
