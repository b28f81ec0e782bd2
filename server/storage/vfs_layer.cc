#include "server/storage/vfs_layer.h"

#include <utility>

namespace spiked::storage {
namespace {

// As SQLite sees an open file. That of the VFS below lies behind it in memory.
struct LayeredFile {
  sqlite3_file as_sqlite;  // first
  FileLayer* layer;
};

FileLayer& LayerOf(sqlite3_file* file) { return *reinterpret_cast<LayeredFile*>(file)->layer; }

sqlite3_file* Below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<LayeredFile*>(file) + 1);
}

// A method that only hands on.
template <auto Method>
struct HandOn;
template <typename Result, typename... Args,
          Result (*sqlite3_io_methods::*Method)(sqlite3_file*, Args...)>
struct HandOn<Method> {
  static Result Call(sqlite3_file* file, Args... args) {
    return (Below(file)->pMethods->*Method)(Below(file), args...);
  }
};

// Version 2: no xFetch, which maps files.
constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose =
        [](sqlite3_file* file) {
          delete &LayerOf(file);
          return Below(file)->pMethods->xClose(Below(file));
        },
    .xRead =
        [](sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
          return LayerOf(file).Read(Below(file), bytes, count, offset);
        },
    .xWrite =
        [](sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
          return LayerOf(file).Write(Below(file), bytes, count, offset);
        },
    .xTruncate = [](sqlite3_file* file,
                    sqlite3_int64 size) { return LayerOf(file).Truncate(Below(file), size); },
    .xSync = [](sqlite3_file* file, int flags) { return LayerOf(file).Sync(Below(file), flags); },
    .xFileSize = HandOn<&sqlite3_io_methods::xFileSize>::Call,
    .xLock = HandOn<&sqlite3_io_methods::xLock>::Call,
    .xUnlock = HandOn<&sqlite3_io_methods::xUnlock>::Call,
    .xCheckReservedLock = HandOn<&sqlite3_io_methods::xCheckReservedLock>::Call,
    .xFileControl = HandOn<&sqlite3_io_methods::xFileControl>::Call,
    .xSectorSize = HandOn<&sqlite3_io_methods::xSectorSize>::Call,
    .xDeviceCharacteristics = HandOn<&sqlite3_io_methods::xDeviceCharacteristics>::Call,
    .xShmMap = HandOn<&sqlite3_io_methods::xShmMap>::Call,
    .xShmLock = HandOn<&sqlite3_io_methods::xShmLock>::Call,
    .xShmBarrier = HandOn<&sqlite3_io_methods::xShmBarrier>::Call,
    .xShmUnmap = HandOn<&sqlite3_io_methods::xShmUnmap>::Call,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

}  // namespace

VfsLayer::VfsLayer(std::string name, const std::string& below)
    : name_(std::move(name)), below_(sqlite3_vfs_find(below.empty() ? nullptr : below.c_str())) {
  if (below_ == nullptr) return;  // nothing is registered, and opening fails
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(LayeredFile)) + below_->szOsFile;
  vfs_.mxPathname = below_->mxPathname;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Open;
  vfs_.xDelete = [](sqlite3_vfs* vfs, const char* path, int sync) {
    return Of(vfs).Delete(path, sync);
  };
  vfs_.xAccess = [](sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    return Below(vfs)->xAccess(Below(vfs), path, flags, result);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* path, int size, char* full) {
    return Below(vfs)->xFullPathname(Below(vfs), path, size, full);
  };
  vfs_.xRandomness = [](sqlite3_vfs* vfs, int count, char* bytes) {
    return Below(vfs)->xRandomness(Below(vfs), count, bytes);
  };
  vfs_.xSleep = [](sqlite3_vfs* vfs, int microseconds) {
    return Below(vfs)->xSleep(Below(vfs), microseconds);
  };
  vfs_.xCurrentTime = [](sqlite3_vfs* vfs, double* days) {
    return Below(vfs)->xCurrentTime(Below(vfs), days);
  };
  vfs_.xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* ms) {
    return Below(vfs)->xCurrentTimeInt64(Below(vfs), ms);
  };
  vfs_.xGetLastError = [](sqlite3_vfs* vfs, int size, char* text) {
    return Below(vfs)->xGetLastError(Below(vfs), size, text);
  };
  sqlite3_vfs_register(&vfs_, 0);
}

VfsLayer::~VfsLayer() {
  if (below_ != nullptr) sqlite3_vfs_unregister(&vfs_);
}

VfsLayer& VfsLayer::Of(sqlite3_vfs* vfs) { return *static_cast<VfsLayer*>(vfs->pAppData); }

sqlite3_vfs* VfsLayer::Below(sqlite3_vfs* vfs) { return Of(vfs).below_; }

int VfsLayer::Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                   int* out_flags) {
  auto layer = Of(vfs).LayerOf(path, flags);
  // Without one there is room for the file itself.
  sqlite3_file* const opened = layer == nullptr ? file : storage::Below(file);
  const int result = Below(vfs)->xOpen(Below(vfs), path, opened, flags, out_flags);
  if (layer == nullptr) return result;
  // What has methods is closed, whether or not it could be opened.
  file->pMethods = opened->pMethods == nullptr ? nullptr : &kMethods;
  if (file->pMethods != nullptr) reinterpret_cast<LayeredFile*>(file)->layer = layer.release();
  return result;
}

}  // namespace spiked::storage
