// A layer between SQLite and its files.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

namespace spiked::storage {

// What comes between SQLite and one open file, which lies below. Results are SQLite's.
class FileLayer {
 public:
  virtual ~FileLayer() = default;
  // By themselves they hand on.
  virtual int Read(sqlite3_file* below, void* bytes, int count, sqlite3_int64 offset) {
    return below->pMethods->xRead(below, bytes, count, offset);
  }
  virtual int Write(sqlite3_file* below, const void* bytes, int count, sqlite3_int64 offset) {
    return below->pMethods->xWrite(below, bytes, count, offset);
  }
  virtual int Truncate(sqlite3_file* below, sqlite3_int64 size) {
    return below->pMethods->xTruncate(below, size);
  }
  virtual int Sync(sqlite3_file* below, int flags) { return below->pMethods->xSync(below, flags); }
};

// An SQLite VFS on top of another, as long as it lives. Files are never mapped into
// memory, past the layer.
class VfsLayer {
 public:
  VfsLayer(const VfsLayer&) = delete;
  virtual ~VfsLayer();

  const std::string& name() const { return name_; }

 protected:
  // On top of the VFS of that name; empty: SQLite's own.
  VfsLayer(std::string name, const std::string& below);

  // The layer of a file that is opened; null: none. `flags` are those of xOpen; `path`
  // is null for a temporary file.
  virtual std::unique_ptr<FileLayer> LayerOf(const char* path, int flags) = 0;
  virtual int Delete(const char* path, int sync) { return below_->xDelete(below_, path, sync); }

 private:
  static VfsLayer& Of(sqlite3_vfs* vfs);
  static sqlite3_vfs* Below(sqlite3_vfs* vfs);
  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                  int* out_flags);

  const std::string name_;
  sqlite3_vfs* const below_;
  sqlite3_vfs vfs_{};
};

}  // namespace spiked::storage
