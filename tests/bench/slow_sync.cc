// Linked into a server, makes each sync take 10 ms more, as on a disk that has to move
// something: what is measured then is how many waits of sessions are one.
#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <thread>

#include "server/storage/vfs_layer.h"

namespace spiked::bench {
namespace {

constexpr std::chrono::milliseconds kMore{10};

class SlowSyncVfs final : public storage::VfsLayer {
 public:
  SlowSyncVfs() : VfsLayer("slow-sync", "") {
    sqlite3_vfs_register(sqlite3_vfs_find(name().c_str()), /*makeDflt=*/1);
  }

 private:
  class File final : public storage::FileLayer {
   public:
    int Sync(sqlite3_file* below, int flags) override {
      std::this_thread::sleep_for(kMore);
      return FileLayer::Sync(below, flags);
    }
  };

  std::unique_ptr<storage::FileLayer> LayerOf(const char* /*path*/, int /*flags*/) override {
    return std::make_unique<File>();
  }
};

// For as long as the process lives.
[[maybe_unused]] const SlowSyncVfs& slow_sync = *new SlowSyncVfs;

}  // namespace
}  // namespace spiked::bench
